import type { OnInternalFault } from '../../error.js';
import type { Delivery } from '../../evaluate/snapshot.js';
import type { ServiceClock } from '../clock.js';
import type { FlagStore, StoredState } from '../store.js';
import type { Completion } from './completion.js';
import type { ForeignConfirmations } from './foreignConfirmations.js';
import type { Intake } from './intake.js';
import { unavailable } from './problem.js';
import type { Publication } from './publish.js';
import type { KeptRevisions } from './keptRevisions.js';
import type { OfrepStreams } from './ofrepStreams.js';
import type { Replica } from './replica.js';
import type { ReplicaReports } from './replicaReports.js';
import type { Streams } from './streams.js';

/** What every route works with. */
export interface Service {
  readonly store: FlagStore;
  readonly replica: Replica;
  readonly streams: Streams;
  readonly ofrepStreams: OfrepStreams;
  readonly reports: ReplicaReports;
  readonly foreign: ForeignConfirmations;
  readonly revisions: KeptRevisions;
  readonly intake: Intake;
  readonly clock: ServiceClock;
  readonly delivery: Delivery;
  readonly completion: Completion;
  readonly startedAtMs: number;
  /** Nothing is stored from here: routes refuse by themselves, work in the background has to ask. */
  readonly readOnly: boolean;
  readonly onInternalFault: OnInternalFault;
}

/** @throws Problem 503 while nothing was read yet */
export async function currentOf({ replica }: Service): Promise<Publication> {
  if (replica.current() === null) await replica.ready;
  const current = replica.current();
  if (current === null) throw unavailable('the database was not reachable since this service started');
  return current;
}

/** The same, or what the environment wants on v1 meanwhile. @throws Problem 503 while there is neither */
export const shownOf = async (service: Service): Promise<Publication> =>
  service.replica.current() === null ? (service.replica.decree() ?? currentOf(service)) : currentOf(service);

/** @throws Problem 503 while nothing was read yet */
export async function stateOf(service: Service): Promise<StoredState> {
  await currentOf(service);
  const state = service.replica.state();
  if (state === null) throw unavailable('the database was not reachable since this service started');
  return state;
}

/** Answers with JSON. */
export const json = (body: unknown, init: ResponseInit = {}): Response => Response.json(body, init);
