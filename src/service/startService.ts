// Comes in: options of one process. Goes out: the service on a port, with its database. Who calls: the CLI, demos, tests.
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { showValue, SwitchbackError } from '../error.js';
import { adminTokenPath, keepAdminToken } from './adminToken.js';
import { awaitDatabase, isWorthWaiting } from './awaitDatabase.js';
import { checkOtlpOptions, type OtlpOptions } from './export/otlpOptions.js';
import type { PointSink } from './export/pointSink.js';
import { limitFaults } from './faultLog.js';
import { readServiceTokens, type ServiceToken } from './http/access.js';
import { createHandler, type HandlerOptions } from './http/createHandler.js';
import { listen } from './listen.js';
import { createLateDatabase } from './lateDatabase.js';
import { checkRetention, type Retention } from './metrics/retention.js';
import { storeOn } from './storeOn.js';
import { prepareDatabase } from './prepareDatabase.js';
import { StoreError } from './store.js';

/** Where the service listens unless told otherwise. */
export const defaultPort = 4400;
/** Where the embedded database and the admin token are kept unless told otherwise. */
export const defaultDataDir = '.switchback';

/** Options of the handler that a service takes as they are. */
type HandlerPart =
  | 'delivery'
  | 'startKills'
  | 'maxStreams'
  | 'maxStreamsPerAddress'
  | 'maxEvaluationsPerAddress'
  | 'maxMetricsPerAddress'
  | 'maxConfirmationsPerAddress'
  | 'trustProxy'
  | 'readOnly'
  | 'planGates'
  | 'planTickMs'
  | 'baselineTickMs';

/** Where the service listens, and where it keeps what it knows. */
export interface ServiceOptions extends Pick<HandlerOptions, HandlerPart> {
  /** Default 4400; 0 takes a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** Folder of the embedded database and the admin token. Default `.switchback`. */
  readonly dataDir?: string;
  /** A PostgreSQL of yours, instead of the embedded one. */
  readonly databaseUrl?: string;
  /** The same database for the connection that listens, past a pooler in transaction mode. Default: `databaseUrl`. */
  readonly listenUrl?: string;
  /** Connections of the pool, beside the one that listens. Default 10. */
  readonly databaseConnections?: number;
  /** The owner of the tables in it, for migrations alone; the role of `databaseUrl` then gets the rights it needs and no others. */
  readonly databaseOwnerUrl?: string;
  /** Bearer token of the role admin, at least 16 characters. Default: one that is made and kept in `<dataDir>/admin-token`. */
  readonly adminToken?: string;
  /** Further tokens. */
  readonly tokens?: readonly ServiceToken[];
  /** Sends what pages count to OpenTelemetry, as OTLP/HTTP protobuf. Default: nowhere. */
  readonly otlp?: OtlpOptions;
  /** How long numbers are kept, and how finely. */
  readonly retention?: Retention;
  /** Hears what happens, line by line, without secrets. Default: nobody. */
  readonly log?: (line: string) => void;
}

/** A service that listens. */
export interface RunningService {
  readonly url: string;
  readonly port: number;
  /** Whether its database was not there yet: changes are answered 503, and it is tried again by itself. */
  readonly waitsForDatabase: boolean;
  /** For pg and psql, as the owner of an embedded database; empty while that is waited for. Holds its password: do not print it. */
  readonly databaseUrl: string;
  /** A shell command that opens psql on the embedded database, its password taken from a file; null with your own. */
  readonly psqlCommand: string | null;
  /** The token in use, and the file it is kept in; the file is null when you gave the token. */
  readonly adminToken: string;
  readonly adminTokenFile: string | null;
  /** Says bye to streams, lets requests finish, closes the database; within 10 s. Safe to call twice. */
  close(): Promise<void>;
}

/** Connections that are no stream: requests, keep-alive, and those that never say anything. */
const spareConnections = 4_096;

/** What is being exported may take this long when the service stops. */
const settleMs = 3_000;

async function settled(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, settleMs)))]);
  clearTimeout(timer);
}

/** Loads OpenTelemetry where it is wanted, and nowhere else. */
const openOtlpSink = async (options: OtlpOptions): Promise<PointSink> =>
  (await import('./export/otlpSink.js')).createOtlpSink(options);

const isConflict = (error: unknown): boolean => error instanceof StoreError && error.code === 'conflict';

/**
 * Starts the service: database, store, handler, port. A database of yours that is not there is waited for while the service answers
 * 503; with `startKills` any database is, and what they name is v1 meanwhile.
 * @throws SwitchbackError `invalid-option`, ListenError, StoreError `unavailable` or `conflict`; whatever was started is stopped again
 */
export async function startService(options: ServiceOptions = {}): Promise<RunningService> {
  const { port = defaultPort, host = '127.0.0.1', databaseUrl, log = () => {} } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new SwitchbackError('invalid-option', `port must be 0 to 65535, found ${showValue(port)}`);
  const { listenUrl, databaseConnections = 10 } = options;
  if (!Number.isInteger(databaseConnections) || databaseConnections < 1 || databaseConnections > 1_000)
    throw new SwitchbackError(
      'invalid-option',
      `databaseConnections must be 1 to 1000, found ${showValue(databaseConnections)}`,
    );
  if (listenUrl !== undefined && databaseUrl === undefined)
    throw new SwitchbackError('invalid-option', 'listenUrl is for a database of yours: set databaseUrl as well');
  if (options.otlp !== undefined) checkOtlpOptions(options.otlp);
  const retention = checkRetention(options.retention ?? {});
  const dataDir = resolve(options.dataDir ?? defaultDataDir);
  const secrets = [
    options.adminToken ?? [],
    options.tokens?.map(({ token }) => token) ?? [],
    Object.values(options.otlp?.headers ?? {}),
  ].flat();
  const onInternalFault = limitFaults(log, undefined, secrets);
  const closers: (() => void | Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    for (const close of [...closers].reverse()) {
      try {
        await close();
      } catch (error) {
        onInternalFault('close', error);
      }
    }
  };
  try {
    const adminToken = options.adminToken ?? (await keepAdminToken(dataDir));
    const tokens: readonly ServiceToken[] = [{ token: adminToken, role: 'admin' }, ...(options.tokens ?? [])];
    // A bad token is said before a database is started for it.
    readServiceTokens(tokens);
    const { readOnly = false, databaseOwnerUrl: ownerUrl, startKills } = options;
    const isEmergency = startKills !== undefined && (startKills.emergency || startKills.features.length > 0);
    const late = createLateDatabase({ onInternalFault });
    closers.push(() => late.close());
    let wasAway = false;
    const database = await awaitDatabase({
      prepare: (signal) => prepareDatabase({ dataDir, databaseUrl, ownerUrl, readOnly, log, signal }),
      // One of ours has to be started first, and then it is there.
      firstMs: databaseUrl === undefined && !isEmergency ? 600_000 : 5_000,
      // In an emergency v1 comes first; else only what can come by itself is waited for.
      mayWait: (error) => (isEmergency ? !isConflict(error) : databaseUrl !== undefined && isWorthWaiting(error)),
      onReady: ({ serviceUrl }) => {
        late.open(
          { connectionString: serviceUrl, max: databaseConnections },
          { connectionString: listenUrl ?? serviceUrl },
        );
        if (wasAway) log('the database is there');
      },
      onFailure: (error) => {
        wasAway = true;
        const reason = error instanceof Error ? error.message : String(error);
        onInternalFault('database', new Error(`it is not there yet and is tried again: ${reason}`));
      },
    });
    closers.push(() => database.close());
    const store = storeOn(late, { readOnly, retention, onInternalFault });
    closers.push(() => store.close());
    const replicaName = `${hostname().slice(0, 150)}:${port === 0 ? `pid-${process.pid}` : port}`;
    const sink = options.otlp === undefined || readOnly ? undefined : await openOtlpSink(options.otlp);
    if (sink !== undefined) closers.push(() => sink.close());
    const exporting = sink === undefined ? {} : { pointSink: sink };
    const parts = { ...handlerPartOf(options), ...exporting };
    const handler = createHandler({ ...parts, replicaName, store, tokens, onInternalFault });
    // What is being exported is settled first, so that nobody sends it again.
    closers.push(() => settled(handler.closed));
    closers.push(() => handler.close());
    await handler.ready;
    const maxConnections = (options.maxStreams ?? 10_000) + spareConnections;
    const idleTimeoutMs = Math.max(120_000, 3 * (options.delivery?.heartbeatMs ?? 0));
    const listener = await listen(handler, { port, host, maxConnections, idleTimeoutMs });
    closers.pop();
    closers.push(async () => {
      handler.close();
      await listener.close();
    });
    return {
      url: listener.url,
      port: listener.port,
      get waitsForDatabase() {
        return database.current() === null;
      },
      get databaseUrl() {
        return database.current()?.peopleUrl ?? databaseUrl ?? '';
      },
      get psqlCommand() {
        const prepared = database.current();
        return prepared?.isEmbedded === true ? psqlCommand(prepared.peopleUrl, dataDir) : null;
      },
      adminToken,
      adminTokenFile: options.adminToken === undefined ? adminTokenPath(dataDir) : null,
      close: () => (closing ??= closeAll()),
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

const handlerPartOf = (options: ServiceOptions): Pick<HandlerOptions, HandlerPart> => ({
  ...(options.delivery === undefined ? {} : { delivery: options.delivery }),
  ...(options.startKills === undefined ? {} : { startKills: options.startKills }),
  ...(options.maxStreams === undefined ? {} : { maxStreams: options.maxStreams }),
  ...(options.maxStreamsPerAddress === undefined ? {} : { maxStreamsPerAddress: options.maxStreamsPerAddress }),
  ...(options.maxEvaluationsPerAddress === undefined
    ? {}
    : { maxEvaluationsPerAddress: options.maxEvaluationsPerAddress }),
  ...(options.maxMetricsPerAddress === undefined ? {} : { maxMetricsPerAddress: options.maxMetricsPerAddress }),
  ...(options.maxConfirmationsPerAddress === undefined
    ? {}
    : { maxConfirmationsPerAddress: options.maxConfirmationsPerAddress }),
  ...(options.trustProxy === undefined ? {} : { trustProxy: options.trustProxy }),
  ...(options.readOnly === undefined ? {} : { readOnly: options.readOnly }),
  ...(options.planGates === undefined ? {} : { planGates: options.planGates }),
  ...(options.planTickMs === undefined ? {} : { planTickMs: options.planTickMs }),
  ...(options.baselineTickMs === undefined ? {} : { baselineTickMs: options.baselineTickMs }),
});

function psqlCommand(connectionString: string, dataDir: string): string {
  const url = new URL(connectionString);
  url.password = '';
  const quoted = `'${`${dataDir}/postgres-password`.replaceAll("'", `'\\''`)}'`;
  return `PGPASSWORD="$(cat ${quoted})" psql ${url.href}`;
}
