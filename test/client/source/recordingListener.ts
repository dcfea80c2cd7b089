import type { SwitchbackError } from '../../../src/error.js';
import { parseSnapshot } from '../../../src/evaluate/parseSnapshot.js';
import { compareOrder, type Order } from '../../../src/evaluate/snapshot.js';
import type { SourceListener, SourceRequest, SourceStatus } from '../../../src/client/source/source.js';

export const snapshotOf = (revision: number, more: object = {}) => ({
  schema: 1,
  kind: 'rules',
  epoch: 7,
  revision,
  publishedAt: '2026-11-21T07:00:00.000Z',
  emergency: null,
  kills: [],
  features: { memoryPanel: { enabled: true, percentage: 50 } },
  ...more,
});

/** A listener that writes down what it hears, and takes snapshots as a client does: valid and not older. */
export function recordingListener() {
  const heard = {
    snapshots: [] as unknown[],
    kills: [] as { order: Order; kills: readonly string[]; emergency: boolean }[],
    contacts: [] as (number | undefined)[],
    statuses: [] as SourceStatus[],
    errors: [] as (SwitchbackError | undefined)[],
    faults: [] as { operation: string; error: unknown }[],
  };
  let order: Order | null = null;
  const listener: SourceListener = {
    snapshot(value) {
      heard.snapshots.push(value);
      const parsed = parseSnapshot(value);
      if (parsed.status === 'valid' && (order === null || compareOrder(parsed.snapshot, order) > 0))
        order = { epoch: parsed.snapshot.epoch, revision: parsed.snapshot.revision };
    },
    kills: (at, kills, emergency) => void heard.kills.push({ order: at, kills, emergency }),
    contact: (serviceNowMs) => void heard.contacts.push(serviceNowMs),
    status(status, error) {
      heard.statuses.push(status);
      heard.errors.push(error);
    },
    fault: (operation, error) => void heard.faults.push({ operation, error }),
  };
  const request: SourceRequest = { context: {}, order: () => order };
  const count = () => Object.values(heard).reduce((sum, list) => sum + list.length, 0);
  return { heard, listener, request, count };
}
