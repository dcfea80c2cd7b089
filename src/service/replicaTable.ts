import type { Order } from '../evaluate/snapshot.js';
import type { ChangeOrigin } from './store.js';

/** How far a rollback has come on the streams of one replica; `target` null: none is in force there. */
export interface ReplicaReport {
  /** 32 hex digits, new for each process. */
  readonly id: string;
  /** Host and port, for people. */
  readonly name: string;
  readonly applied: Order | null;
  readonly target: Order | null;
  readonly connected: number;
  readonly sent: number;
  readonly sampled: number;
  readonly confirmed: number;
  /** Of OFREP, which confirms nothing. */
  readonly ofrepStreams: number;
}

/** Another replica, as the database has it. */
export interface SeenReplica extends ReplicaReport {
  /** ms since it last reported, by the database's clock. */
  readonly silentMs: number;
}

/**
 * Where the replicas of one database tell each other how far they are.
 * @throws StoreError `unavailable`
 */
export interface ReplicaTable {
  /** Replaces an earlier process of this name, which cannot have ended in order. */
  join(id: string, name: string): Promise<void>;
  /** Notes this replica and reads the others. */
  report(report: ReplicaReport): Promise<readonly SeenReplica[]>;
  leave(id: string): Promise<void>;
  /** Raises the stored epoch unless another replica did. */
  raiseEpoch(seen: number, raised: number): Promise<void>;
  /** Somebody has looked at what a raised epoch means; audited. Again changes nothing. */
  acknowledgeEpoch(origin: ChangeOrigin): Promise<void>;
  /** Says a text of at most 7,000 characters to all replicas, which hear it soon or never. */
  passOn?(text: string): Promise<void>;
  /** Hears what any of them says; returns what ends that. */
  onPassed?(listener: (text: string) => void): () => void;
}

/**
 * What was published in the last 24 h, as JSON.
 * @throws StoreError `unavailable`
 */
export interface RevisionStore {
  keep(order: Order, body: string): Promise<void>;
  read(order: Order): Promise<string | null>;
}

/** A store that several replicas work on. */
export interface WithReplicas {
  readonly replicas: ReplicaTable;
  readonly revisions: RevisionStore;
}
