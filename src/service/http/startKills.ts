import type { OnInternalFault } from '../../error.js';
import { isFeatureKey } from '../../evaluate/snapshot.js';
import type { ServiceClock } from '../clock.js';
import { StoreError, type ChangeOrigin, type FlagStore } from '../store.js';
import type { Replica } from './replica.js';

/** What the environment wants on v1 from the first moment. */
export interface StartKills {
  readonly emergency: boolean;
  readonly features: readonly string[];
}

const no = ['', '0', 'false', 'no', 'off'];

/**
 * Reads `SWITCHBACK_EMERGENCY_ROLLBACK` and `SWITCHBACK_DISABLE` (features, separated by commas).
 * @param onIgnored hears what is no feature key; the others hold nevertheless. Anything but a clear "no" is an emergency
 */
export function readStartKills(
  env: Readonly<Record<string, string | undefined>>,
  onIgnored: (name: string) => void,
): StartKills {
  const emergency = (env['SWITCHBACK_EMERGENCY_ROLLBACK'] ?? '').trim().toLowerCase();
  const names = (env['SWITCHBACK_DISABLE'] ?? '')
    .split(',')
    .flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  for (const name of names) if (!isFeatureKey(name)) onIgnored(name);
  return { emergency: !no.includes(emergency), features: names.filter(isFeatureKey) };
}

const retryMs = 2_000;

/**
 * Holds features on v1 in memory at once, and stores that as rollbacks with source `env`; from then on the database says it,
 * and it has to be undone there.
 * @returns what stops trying
 */
export function applyStartKills(
  kills: StartKills,
  {
    replica,
    store,
    clock,
    readOnly,
    onInternalFault,
  }: {
    replica: Replica;
    store: FlagStore;
    clock: ServiceClock;
    /** Holds them in memory only. */
    readOnly: boolean;
    onInternalFault: OnInternalFault;
  },
): () => void {
  if (!kills.emergency && kills.features.length === 0) return () => {};
  const waiting = new Set(kills.features);
  let emergencySince = kills.emergency ? new Date(clock.now()).toISOString() : null;
  let stopped = false;
  let cancelRetry = (): void => {};
  const hold = (): void => replica.setLocalKills({ emergencySince, features: new Set(waiting) });
  const origin = (variable: string): ChangeOrigin => ({
    actor: `env:${variable}`,
    source: 'env',
    reason: `${variable} was set when the service started`,
    requestId: null,
  });

  const persist = async (): Promise<void> => {
    // Not a moment after the database is there: what is undone by then must not be rolled back again.
    await replica.firstRead;
    if (stopped) return;
    const stored = new Set<string>();
    let failed = false;
    const attempt = async (change: () => Promise<unknown>, done: () => void): Promise<void> => {
      try {
        await change();
        done();
      } catch (error) {
        onInternalFault('startKills', error);
        // A feature that does not exist yet stays held in memory; there is nothing to store.
        failed ||= !(error instanceof StoreError && error.code === 'not-found');
      }
    };
    let emergencyStored = false;
    if (emergencySince !== null)
      await attempt(
        () => store.emergencyRollback(origin('SWITCHBACK_EMERGENCY_ROLLBACK')),
        () => (emergencyStored = true),
      );
    for (const feature of waiting)
      await attempt(
        () => store.rollback(feature, origin('SWITCHBACK_DISABLE')),
        () => stored.add(feature),
      );
    if (stopped) return;
    await replica.refresh();
    const isRead = replica.isStoreHealthy();
    if (isRead) {
      if (emergencyStored) emergencySince = null;
      for (const feature of stored) waiting.delete(feature);
      hold();
    }
    // Held until it was read back: what is stored but not yet read would be let go of for a moment.
    if (failed || !isRead) cancelRetry = clock.after(retryMs, () => void persist());
  };
  hold();
  if (!readOnly) void persist();
  return () => {
    stopped = true;
    cancelRetry();
  };
}
