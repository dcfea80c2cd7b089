// What a test in the browser asks of Node: a real service on a real database. Commands of Vitest's browser mode.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { runnerImport } from 'vite';
import type { BrowserCommand } from 'vitest/node';
import type { RunningService, ServiceOptions } from '../../src/service/startService.js';

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** Starts the service on an empty database; one for each test file at a time. */
    startService(): Promise<{ url: string }>;
    /** Stops it and starts it again, on the same port and data. */
    restartService(): Promise<void>;
    stopService(): Promise<void>;
    /** Calls the service as an operator's terminal does, with the admin token; gives the parsed answer. */
    callService(method: string, path: string, body?: unknown): Promise<unknown>;
    /** Runs SQL as somebody with psql would; gives the rows. */
    runSql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  }
}

interface StartServiceModule {
  startService(options: ServiceOptions): Promise<RunningService>;
}

interface Started {
  service: RunningService;
  readonly options: ServiceOptions;
}

/** By test file: several run at once. */
const running = new Map<string, Started>();

function startedBy(testPath: string | undefined): Started {
  const started = running.get(testPath ?? '');
  if (started === undefined) throw new Error('no service was started');
  return started;
}

// Loaded when it is asked for, so that other tests do not wait for it.
async function start(options: ServiceOptions): Promise<RunningService> {
  const { module } = await runnerImport<StartServiceModule>(
    new URL('../../src/service/startService.ts', import.meta.url).pathname,
  );
  return module.startService(options);
}

const startService: BrowserCommand<[]> = async ({ testPath }) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchback-flow-'));
  const service = await start({ port: 0, dataDir });
  running.set(testPath ?? '', { service, options: { port: service.port, dataDir } });
  return { url: service.url };
};

const restartService: BrowserCommand<[]> = async ({ testPath }) => {
  const started = startedBy(testPath);
  await started.service.close();
  started.service = await start(started.options);
};

const stopService: BrowserCommand<[]> = async ({ testPath }) => {
  const { service, options } = running.get(testPath ?? '') ?? {};
  running.delete(testPath ?? '');
  await service?.close();
  if (options?.dataDir !== undefined) await rm(options.dataDir, { recursive: true, force: true });
};

const callService: BrowserCommand<[method: string, path: string, body?: unknown]> = async (
  { testPath },
  method,
  path,
  body,
) => {
  const { url, adminToken } = startedBy(testPath).service;
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
};

const runSql: BrowserCommand<[text: string, values?: unknown[]]> = async ({ testPath }, text, values = []) => {
  const client = new pg.Client({ connectionString: startedBy(testPath).service.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end();
  }
};

export const serviceCommands = { startService, restartService, stopService, callService, runSql };
