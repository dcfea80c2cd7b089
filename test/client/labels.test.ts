// What observations say of the version they are about, held to what the service takes.
import { beforeAll, expect, test } from 'vitest';
import { createSwitchback } from '../../src/client/client.js';
import type { ObservedVersion } from '../../src/observe/observe.js';
import { emptyCounts } from '../../src/observe/tally.js';
import { checkBucket } from '../../src/service/http/checkBucket.js';
import { publish } from '../../src/service/http/publish.js';
import { createFakeClock } from '../harness/fakeClock.js';
import { createMemoryStore } from '../harness/memoryStore.js';
import { recordingSink } from '../harness/recordingSink.js';

// Else the first measure would wait for its code.
beforeAll(() => import('../../src/client/meter.js'));

test.each([
  ['v2', 100, ['attempt', 'exposure', 'timing', 'measure', 'suppressedByBreaker', 'settled']],
  ['v1', 0, ['attempt', 'exposure', 'timing', 'measure', 'settled']],
] as const)(
  'whoever was assigned %s is in its arm by the percentage, also while the breaker is open',
  async (version, percentage, kinds) => {
    const publication = publish(await createMemoryStore({ memoryPanel: { enabled: true, percentage } }).readState());
    const clock = createFakeClock();
    const sink = recordingSink();
    const client = createSwitchback({
      features: { memoryPanel: {} },
      initial: JSON.parse(publication.body),
      context: { targetingKey: 'user-1' },
      storage: false,
      clock,
      sinks: [sink],
    });
    client.start();
    const { measuring, breakers, decisions } = client.internals.parts;
    const stays = client.internals.createGate('memoryPanel', null);
    stays.connect();
    stays.committed(version, 5);
    for (let incident = 0; incident < 3; incident++) breakers.move('memoryPanel', 'incident');
    expect(client.getDecision('memoryPanel').reason).toBe('CIRCUIT_OPEN');
    measuring.measure('memoryPanel', 'searchMs', 5, 'ms', stays.observer(version));
    client.internals.createGate('memoryPanel', null).connect();
    await clock.advance(2_000);
    client.close();

    const { subject } = decisions.digestOf('memoryPanel');
    const rest = { histograms: {}, sums: {}, measures: {}, sampling: 1, startMs: 0, durationMs: 10_000 };
    const units = { exposed: 0, error: 0, slow: 0, silent: 0 };
    const bucketOf = ({ feature, arm, reason, epoch, revision, stage, version: shown }: ObservedVersion) => {
      return { feature, version: shown, arm, reason, epoch, revision, stage, counts: emptyCounts, units, ...rest };
    };
    for (const observation of sink.observations)
      expect(checkBucket(bucketOf(observation), subject, publication), observation.kind).toBe('consistent');
    const inArm = sink.observations.flatMap(({ arm, kind }) => (arm === version ? [kind] : []));
    expect(inArm.sort()).toEqual([...kinds].sort());
  },
);
