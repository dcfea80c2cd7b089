// That a project runs the build of React it is named for: a wrong alias would prove one build four times.
import * as React from 'react';
import { createPortal, version as domVersion } from 'react-dom';
import { version as serverVersion } from 'react-dom/server';
import * as jsxRuntime from 'react/jsx-dev-runtime';
import { expect, test } from 'vitest';
import { server } from 'vitest/browser';
import { isProduction, isReact18 } from '../setup.js';

const [, major, build] = /^rows-(18|19)-(dev|production)\b/.exec(server.config.name ?? '') ?? [];

test('every part of React has the major of the project', () => {
  const versions = [React.version, domVersion, serverVersion].map((version) => version.split('.')[0]);
  expect(versions).toEqual([major, major, major]);
  expect(isReact18).toBe(major === '18');
});

test('React and our source are the build of the project', () => {
  const isBuiltForProduction = build === 'production';
  expect(isProduction).toBe(isBuiltForProduction);
  expect(jsxRuntime.jsxDEV === undefined).toBe(isBuiltForProduction);
  const message = errorOf(() => createPortal(null, document.createTextNode('') as Node as Element));
  expect(message.includes('Minified React error')).toBe(isBuiltForProduction);
  // Elements bear what warnings need in development alone.
  expect('_store' in <i />).toBe(!isBuiltForProduction);
  if (major === '19') expect(React.captureOwnerStack === undefined).toBe(isBuiltForProduction);
});

function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  return '';
}
