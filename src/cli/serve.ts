import type { Command } from 'commander';
import { defaultPort, readStartKills, startService } from '../service/index.js';
import { exitCodes } from './exit.js';
import { readGlobalOptions, readNumber } from './options.js';
import type { Run } from './run.js';
import { untilStopped } from './untilStopped.js';

interface Given {
  readonly port?: string;
  readonly host?: string;
}

/** Adds `serve`. */
export function addServe(program: Command, run: Run): void {
  program
    .command('serve')
    .description('run the service, on an embedded PostgreSQL or on $SWITCHBACK_DATABASE_URL')
    .option('--port <port>', `$SWITCHBACK_PORT, default ${defaultPort}; 0: a free one`)
    .option('--host <host>', '$SWITCHBACK_HOST, default 127.0.0.1: this machine only')
    .action((given: Given, command: Command) =>
      run(async (context) => {
        const { env, output } = context;
        const { data, json, token } = readGlobalOptions(command, context);
        const port = readNumber(
          '--port',
          given.port ?? (env['SWITCHBACK_PORT'] || String(defaultPort)),
          0,
          65_535,
          true,
        );
        const log = (line: string): void => output.message(`switchback: ${line}`);
        const startKills = readStartKills(env, (name) =>
          log(`SWITCHBACK_DISABLE: ${JSON.stringify(name)} is no feature`),
        );
        const databaseUrl = env['SWITCHBACK_DATABASE_URL'] || undefined;
        const service = await startService({
          port,
          host: given.host ?? (env['SWITCHBACK_HOST'] || '127.0.0.1'),
          dataDir: data,
          startKills,
          log,
          ...(databaseUrl === undefined ? {} : { databaseUrl }),
          ...(token === undefined ? {} : { adminToken: token }),
        });
        const { url, psqlCommand, adminTokenFile } = service;
        if (json) output.data(JSON.stringify({ url, pid: process.pid, psql: psqlCommand, adminTokenFile }));
        else {
          output.data(`Switchback is ready at ${url}`);
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
