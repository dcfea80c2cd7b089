// The packed package in an app of TanStack Start that is made of docs/tanstack-start.md.
import { describeGuide } from './describeGuide.js';

describeGuide({
  document: 'tanstack-start.md',
  fixture: 'tanstack-start',
  appFolder: 'src',
  build: [['vite', 'build']],
  bundle: 'dist/client',
  start: ['srvx', 'serve', '--prod', '--static', '../client', '--entry', 'dist/server/server.js'],
});
