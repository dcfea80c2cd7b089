// A page on which one user follows another, held to what the service takes.
import { expect, test, vi } from 'vitest';
import { createSwitchback } from '../../src/client/client.js';
import { bucketOf } from '../../src/evaluate/bucket.js';
import type { Version } from '../../src/evaluate/snapshot.js';
import type { Observation } from '../../src/observe/observe.js';
import { emptyCounts } from '../../src/observe/tally.js';
import { checkBucket } from '../../src/service/http/checkBucket.js';
import { publish } from '../../src/service/http/publish.js';
import { createFakeClock } from '../harness/fakeClock.js';
import { createMemoryStore } from '../harness/memoryStore.js';

const publication = publish(await createMemoryStore({ memoryPanel: { enabled: true, percentage: 50 } }).readState());

function createPage(keepsV1 = false) {
  const clock = createFakeClock();
  const told: (readonly [Observation, subject: string])[] = [];
  const onExposure = vi.fn();
  const client = createSwitchback({
    features: { memoryPanel: {} },
    initial: JSON.parse(publication.body),
    context: { targetingKey: 'nobody' },
    storage: false,
    clock,
    onExposure,
    sinks: [{ name: 'told', observe: (observation, subject) => void told.push([observation, subject]) }],
  });
  const { decisions } = client.internals.parts;
  let next = 0;
  /** Somebody who was not there yet, and gets this version. */
  const enter = (version: Version): string => {
    do next++;
    while (bucketOf('memoryPanel', `user-${next}`) < 5_000 !== (version === 'v2'));
    client.setContext({ targetingKey: `user-${next}` });
    expect(client.getDecision('memoryPanel').version).toBe(version);
    return decisions.digestOf('memoryPanel').subject;
  };
  /** Mounts a gate as React does, and commits what it shows ever after. */
  const mount = () => {
    const gate = client.internals.createGate('memoryPanel', null);
    gate.configure({}, keepsV1);
    let on: string | undefined;
    const commit = () => {
      const { shows } = gate.getView();
      if (shows !== on && shows !== 'loading') gate.committed(shows, 5);
      on = shows;
    };
    commit();
    gate.subscribe(commit);
    gate.connect();
    return gate;
  };
  const units = { exposed: 0, error: 0, slow: 0, silent: 0 };
  const rest = { histograms: {}, sums: {}, measures: {}, sampling: 1, startMs: 0, durationMs: 10_000 };
  return {
    client,
    clock,
    enter,
    mount,
    onExposure,
    /** What was told of somebody, as `kind version`, each of it consistent with who that is. */
    async toldOf(of: string) {
      await clock.advance(0);
      for (const [{ kind, feature, version, arm, reason, epoch, revision, stage }, subject] of told) {
        const labels = { feature, version, arm, reason, epoch, revision, stage };
        expect(checkBucket({ ...labels, ...rest, units, counts: emptyCounts }, subject, publication), kind).toBe(
          'consistent',
        );
      }
      return told.filter(([, subject]) => subject === of).map(([{ kind, version }]) => `${kind} ${version}`);
    },
  };
}

test.each(['v1', 'v2'] as const)('a %s that stays on the screen is counted anew for the next user', async (version) => {
  const { client, clock, enter, mount, toldOf, onExposure } = createPage();
  client.start();
  const first = enter(version);
  mount();
  await clock.advance(500);
  const second = enter(version);
  await clock.advance(2_000);
  const third = enter(version);
  await clock.advance(0);
  const told = (kinds: string) => kinds.split(' ').map((kind) => `${kind} ${version}`);
  expect(await toldOf(first)).toEqual(told('attempt exposure timing aborted'));
  expect(await toldOf(second)).toEqual(told('attempt exposure settled'));
  // It has proven itself before.
  expect(await toldOf(third)).toEqual(told('attempt exposure settled'));
  expect(onExposure).toHaveBeenCalledTimes(3);
  client.close();
});

test.each([
  ['v1', 'v2'],
  ['v2', 'v1'],
] as const)('what %s did for one user is never told of the next one, who gets %s', async (before, after) => {
  const { client, clock, enter, mount, toldOf } = createPage();
  client.start();
  const first = enter(before);
  const gate = mount();
  const late = gate.observer(before);
  await clock.advance(500);
  const second = enter(after);
  late({ kind: 'timing', name: 'chunkLoadMs', valueMs: 1 });
  await clock.advance(2_000);
  expect(await toldOf(first)).toEqual([
    `attempt ${before}`,
    `exposure ${before}`,
    `timing ${before}`,
    `aborted ${before}`,
    `timing ${before}`,
  ]);
  expect((await toldOf(second)).filter((one) => !one.startsWith('timing'))).toEqual([
    `attempt ${after}`,
    `exposure ${after}`,
    `settled ${after}`,
  ]);
  client.close();
});

test('a v2 that settled stays proven for the next user, so that a v1 that was kept does not come back', async () => {
  const { client, clock, enter, mount } = createPage(true);
  client.start();
  enter('v2');
  const gate = mount();
  await clock.advance(2_000);
  expect(gate.getView()).toMatchObject({ shows: 'v2', isProven: true });
  const seen: unknown[] = [];
  gate.subscribe(() => seen.push(gate.getView()));
  enter('v2');
  expect(gate.getView()).toMatchObject({ shows: 'v2', isProven: true });
  client.close();
});

test('the same user with something else about them goes on as before', async () => {
  const { client, clock, enter, mount, toldOf } = createPage();
  client.start();
  const first = enter('v1');
  mount();
  client.setContext({ ...client.internals.parts.read().context, plan: 'pro' });
  await clock.advance(2_000);
  expect(await toldOf(first)).toEqual(['attempt v1', 'exposure v1', 'timing v1', 'settled v1']);
  client.close();
});
