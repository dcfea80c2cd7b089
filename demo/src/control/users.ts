import { bucketOf, createSwitchback, type Decision } from 'react-switchback';
import { createValueStore } from '../data/valueStore.js';
import { features, type DemoFeature } from '../features.js';

/** The hundred users of this demo. */
export const users: readonly string[] = Array.from({ length: 100 }, (_, at) => `user-${at + 1}`);

/** Who is looking at the page. */
export const userStore = createValueStore<string>(users[21] ?? 'user-22');

/** Which feature the control room is about. */
export const chosenFeature = createValueStore<DemoFeature>('memoryPanel');

/** Goes up with every new visit: as if the page were opened again. */
export const visitStore = createValueStore(1);

export const newVisit = (): void => visitStore.set((visit) => visit + 1);

/** What the published rules give every user: one client, asked as each of them in turn. */
export function decideForAll(snapshot: unknown, feature: DemoFeature): readonly Decision[] {
  const client = createSwitchback({ features, storage: false, overrides: false });
  try {
    client.applySnapshot(snapshot);
  } catch {
    // Before the first snapshot everybody is on v1.
  }
  return users.map((targetingKey) => {
    client.setContext({ targetingKey });
    return client.getDecision(feature);
  });
}

/** Whether a user would be in at this percentage (0–100), all else being equal. */
export const isWithin = (feature: DemoFeature, user: string, percentage: number): boolean =>
  bucketOf(feature, user) < Math.round(percentage * 100);
