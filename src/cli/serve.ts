import type { Command } from 'commander';
import { defaultPort, readOtlpOptions, readStartKills, startService, type StartKills } from '../service/index.js';
import { exitCodes } from './exit.js';
import { readGlobalOptions, readNumber } from './options.js';
import type { Run } from './run.js';
import { addServeNumbers, readServeNumbers } from './serveOptions.js';
import { untilStopped } from './untilStopped.js';

interface Given {
  readonly port?: string;
  readonly host?: string;
  readonly readOnly?: boolean;
  readonly trustProxy?: string;
  readonly [number: string]: unknown;
}

const no = ['', '0', 'false', 'no', 'off'];

const heldBy = ({ emergency, features }: StartKills): string =>
  emergency ? ', and everything is v1' : features.length > 0 ? `, and v1 holds for ${features.join(', ')}` : '';

/** Adds `serve`. */
export function addServe(program: Command, run: Run): void {
  const serve = program
    .command('serve')
    .description('run the service, on an embedded PostgreSQL or on $SWITCHBACK_DATABASE_URL')
    .option('--port <port>', `$SWITCHBACK_PORT, default ${defaultPort}; 0: a free one`)
    .option('--host <host>', '$SWITCHBACK_HOST, default 127.0.0.1: this machine only')
    .option('--read-only', '$SWITCHBACK_READ_ONLY: serve rules and streams, refuse every change')
    .option(
      '--trust-proxy <list>',
      '$SWITCHBACK_TRUST_PROXY: proxies whose X-Forwarded-For counts, such as loopback,10.0.0.0/8',
    );
  addServeNumbers(serve).action((given: Given, command: Command) =>
    run(async (context) => {
      const { env, output } = context;
      const numbers = readServeNumbers(given, env);
      const readOnly =
        given.readOnly === true || !no.includes((env['SWITCHBACK_READ_ONLY'] ?? '').trim().toLowerCase());
      const trustProxy = (given.trustProxy ?? env['SWITCHBACK_TRUST_PROXY'] ?? '')
        .split(',')
        .flatMap((one) => (one.trim() === '' ? [] : [one.trim()]));
      const databaseOwnerUrl = env['SWITCHBACK_DATABASE_OWNER_URL'] || undefined;
      const { data, json, token } = readGlobalOptions(command, context);
      const port = readNumber('--port', given.port ?? (env['SWITCHBACK_PORT'] || String(defaultPort)), 0, 65_535, true);
      const log = (line: string): void => output.message(`switchback: ${line}`);
      const startKills = readStartKills(env, (name) =>
        log(`SWITCHBACK_DISABLE: ${JSON.stringify(name)} is no feature`),
      );
      const databaseUrl = env['SWITCHBACK_DATABASE_URL'] || undefined;
      const otlp = readOtlpOptions(env);
      const listenUrl = env['SWITCHBACK_LISTEN_URL'] || undefined;
      const service = await startService({
        port,
        host: given.host ?? (env['SWITCHBACK_HOST'] || '127.0.0.1'),
        dataDir: data,
        startKills,
        readOnly,
        trustProxy,
        log,
        ...numbers,
        ...(otlp === undefined ? {} : { otlp }),
        ...(listenUrl === undefined ? {} : { listenUrl }),
        ...(databaseOwnerUrl === undefined ? {} : { databaseOwnerUrl }),
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
        ...(token === undefined ? {} : { adminToken: token }),
      });
      const { url, psqlCommand, adminTokenFile, waitsForDatabase } = service;
      if (json)
        output.data(JSON.stringify({ url, pid: process.pid, psql: psqlCommand, adminTokenFile, waitsForDatabase }));
      else {
        output.data(
          waitsForDatabase
            ? `Switchback listens at ${url} and waits for its database; until then changes are refused${heldBy(startKills)}`
            : `Switchback is ready at ${url}`,
        );
        if (adminTokenFile !== null) output.data(`admin token in ${adminTokenFile}`);
        if (psqlCommand !== null) output.data(`psql: ${psqlCommand}`);
      }
      await untilStopped((signal) => {
        log(`${signal}: stopping`);
        return service.close();
      });
      log('stopped');
      return exitCodes.ok;
    }),
  );
}
