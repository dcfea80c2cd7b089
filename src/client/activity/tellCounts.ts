import type { Version } from '../../evaluate/snapshot.js';
import type { SwitchbackClient } from '../switchbackClient.js';
import type { ActivityEvent, ActivityKind } from './activityEvent.js';

/** Gives the client's sinks how many events of each kind there were with each version: counters such as `activity.click`. */
export function tellCounts(client: SwitchbackClient, feature: string, events: readonly ActivityEvent[]): void {
  const host = client.internals.parts.hostOf(feature);
  const sums = new Map<string, { readonly version: Version; readonly kind: ActivityKind; value: number }>();
  for (const { version, kind } of events) {
    const sum = sums.get(version + kind) ?? { version, kind, value: 0 };
    sum.value++;
    sums.set(version + kind, sum);
  }
  for (const { version, kind, value } of sums.values()) {
    const measure = { kind: 'measure', name: `activity.${kind}`, measure: 'counter', unit: '{event}', value } as const;
    host.observer(version, host.decision())(measure);
  }
}
