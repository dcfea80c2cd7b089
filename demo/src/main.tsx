import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.js';
import { MigratePage } from './migrate/MigratePage.js';
import './styles/base.css';
import './styles/workspace.css';
import './styles/control.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>{new URLSearchParams(location.search).has('migrate') ? <MigratePage /> : <App />}</StrictMode>,
);
