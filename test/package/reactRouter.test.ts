// The packed package in an app of React Router's framework mode that is made of docs/react-router.md.
import { describeGuide } from './describeGuide.js';

describeGuide({
  document: 'react-router.md',
  fixture: 'react-router',
  appFolder: 'app',
  build: [
    ['react-router', 'typegen'],
    ['react-router', 'build'],
  ],
  bundle: 'build/client',
  start: ['react-router-serve', 'build/server/index.js'],
});
