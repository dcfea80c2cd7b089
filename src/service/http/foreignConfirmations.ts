// Comes in: confirmations of streams that another replica has. Goes out: to that one, through the database. Who calls: publicRoutes, createHandler.
import type { OnInternalFault } from '../../error.js';
import type { Order } from '../../evaluate/snapshot.js';
import type { ServiceClock } from '../clock.js';
import type { ReplicaTable } from '../replicaTable.js';
import type { Streams } from './streams.js';

export interface ForeignConfirmations {
  /** A balancer gave this replica what is for another one. */
  pass(streamId: string, order: Order): void;
  close(): void;
}

export interface ForeignConfirmationsOptions {
  readonly table: ReplicaTable | undefined;
  readonly streams: Pick<Streams, 'confirm'>;
  readonly clock: ServiceClock;
  /** One of ours was confirmed elsewhere. */
  readonly onConfirmed: () => void;
  readonly onInternalFault: OnInternalFault;
}

const everyMs = 100;
/** So many stay below the 8,000 bytes of a notification. */
const perText = 100;
const maxWaiting = 20_000;
const pattern = /^([0-9a-f]{32}):(\d{1,16}):(\d{1,16})$/;

/** Passes confirmations between replicas: behind a balancer each request of a page may reach another one. */
export function createForeignConfirmations(options: ForeignConfirmationsOptions): ForeignConfirmations {
  const { table, streams, clock, onConfirmed, onInternalFault } = options;
  let waiting: string[] = [];
  let cancel: (() => void) | undefined;
  let isClosed = false;

  const send = async (): Promise<void> => {
    const texts = waiting;
    waiting = [];
    try {
      for (let at = 0; at < texts.length; at += perText) await table?.passOn?.(texts.slice(at, at + perText).join());
    } catch (error) {
      // What is lost stays unconfirmed.
      if (!isClosed) onInternalFault('confirmations', error);
    }
    cancel = undefined;
    if (waiting.length > 0) wait();
  };
  const wait = (): void => {
    if (!isClosed) cancel ??= clock.after(everyMs, () => void send());
  };
  const stop = table?.onPassed?.((text) => {
    const found = text.split(',').flatMap((one) => {
      const [, streamId, epoch, revision] = pattern.exec(one) ?? [];
      return streamId === undefined ? [] : [{ streamId, order: { epoch: Number(epoch), revision: Number(revision) } }];
    });
    if (found.filter(({ streamId, order }) => streams.confirm(streamId, order)).length > 0) onConfirmed();
  });

  return {
    pass(streamId, { epoch, revision }) {
      if (isClosed || table?.passOn === undefined || waiting.length >= maxWaiting) return;
      waiting.push(`${streamId}:${epoch}:${revision}`);
      wait();
    },
    close() {
      isClosed = true;
      cancel?.();
      stop?.();
    },
  };
}
