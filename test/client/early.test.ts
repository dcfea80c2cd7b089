// What is observed before anything is decided.
import { beforeAll, describe, expect, test } from 'vitest';
import { createSwitchback } from '../../src/client/client.js';
import type { SwitchbackOptions } from '../../src/client/options.js';
import type { Source, SourceListener } from '../../src/client/source/source.js';
import type { Version } from '../../src/evaluate/snapshot.js';
import { defineFeatures } from '../../src/features.js';
import { createFakeClock } from '../harness/fakeClock.js';
import { recordingSink } from '../harness/recordingSink.js';
import { rulesSnapshot } from '../harness/snapshot.js';

const features = defineFeatures({ held: {}, live: { upgrade: 'live' } });
const shareOf: Record<Version, number> = { v1: 0, v2: 100 };

/** A page that has asked and waits for the answer. */
function createPage(options: Partial<SwitchbackOptions> = {}) {
  const clock = createFakeClock();
  const recording = recordingSink();
  const subjects = new Set<string>();
  let closed = 0;
  const sink = {
    ...recording,
    observe(...observed: Parameters<typeof recording.observe>) {
      subjects.add(observed[1]);
      recording.observe(...observed);
    },
    close: () => void closed++,
  };
  let say: SourceListener | undefined;
  const source: Source = {
    name: 'manual',
    storageKey: null,
    dependsOnContext: false,
    start(listener) {
      say = listener;
      return () => {};
    },
  };
  const client = createSwitchback({
    features,
    source,
    context: { targetingKey: 'user-1' },
    storage: false,
    sinks: [sink],
    clock,
    ...options,
  });
  client.start();
  let revision = 1;
  return {
    client,
    clock,
    sink,
    subjects,
    closed: () => closed,
    say: () => say!,
    /** The percentage gives this version to everybody. */
    decide(version: Version, rest: Record<string, unknown> = {}) {
      const percentage = shareOf[version];
      say?.snapshot(
        rulesSnapshot(
          { held: { percentage, stage: 'one' }, live: { percentage, stage: 'one' } },
          { revision, ...rest },
        ),
      );
      revision++;
    },
    /** Mounts a gate as React does: the version is committed, then the gate. */
    mount(feature: 'held' | 'live') {
      const gate = client.internals.createGate(feature, null);
      const { shows } = gate.getView();
      if (shows !== 'loading') gate.committed(shows, 5);
      return {
        gate,
        unmount: gate.connect(),
        measure: (name: string) =>
          client.internals.parts.measuring.measure(feature, name, 1, 'ms', gate.observer('v1')),
      };
    },
    done: () => clock.advance(0),
    /** What was told, as `kind version arm reason@revision`. */
    told: () =>
      sink.observations.map(
        ({ kind, version, arm, reason, revision: of }) => `${kind} ${version} ${arm} ${reason}@${of}`,
      ),
  };
}

// Else the first measure would wait for its code.
beforeAll(() => import('../../src/client/meter.js'));

describe('a gate that follows at once, before anything is decided,', () => {
  test('tells of v1 as v1’s once the percentage says v1, as of when it was', async () => {
    const { clock, decide, mount, done, told, sink } = createPage();
    const startMs = clock.now();
    const { measure } = mount('live');
    measure('searchMs');
    await clock.advance(100);
    expect(told()).toEqual([]);
    decide('v1');
    await clock.advance(2_000);
    await done();
    expect(told()).toEqual([
      'attempt v1 v1 SPLIT@1',
      'exposure v1 v1 SPLIT@1',
      'timing v1 v1 SPLIT@1',
      'measure v1 v1 SPLIT@1',
      'settled v1 v1 SPLIT@1',
    ]);
    expect(sink.observations.map(({ atMs }) => atMs - startMs)).toEqual([0, 0, 0, 0, 2_000]);
    expect(sink.observations.every(({ stage }) => stage === 'one')).toBe(true);
  });

  test('tells of v1 as nobody’s once the percentage says v2, and of v2 as v2’s', async () => {
    const { clock, decide, mount, told } = createPage();
    const { gate, measure } = mount('live');
    measure('searchMs');
    await clock.advance(100);
    decide('v2');
    gate.committed('v2', 5);
    await clock.advance(2_000);
    expect(told()).toEqual([
      'attempt v1 none DEFAULT@0',
      'exposure v1 none DEFAULT@0',
      'timing v1 none DEFAULT@0',
      'measure v1 none DEFAULT@0',
      'aborted v1 none DEFAULT@0',
      'attempt v2 v2 SPLIT@1',
      'exposure v2 v2 SPLIT@1',
      'timing v2 v2 SPLIT@1',
      'settled v2 v2 SPLIT@1',
    ]);
  });

  test.each([
    ['a kill', { kills: ['live'] }],
    ['an emergency', { emergency: { since: '2026-01-01T00:00:00.000Z' } }],
  ])('tells of v1 as nobody’s under %s', async (_, rest) => {
    const { decide, mount, done, told, say } = createPage();
    mount('live');
    say().kills({ epoch: 1, revision: 1 }, ['live'], false);
    await done();
    expect(told()).toEqual([]);
    decide('v1', rest);
    await done();
    expect(told()).toEqual(['attempt v1 none DEFAULT@0', 'exposure v1 none DEFAULT@0', 'timing v1 none DEFAULT@0']);
  });

  test('tells of v1 as nobody’s where it has left before: a v2 would never have been there', async () => {
    const { clock, decide, mount, done, told } = createPage();
    mount('live').unmount();
    await clock.advance(10);
    decide('v1');
    await done();
    expect(told()).toEqual([
      'attempt v1 none DEFAULT@0',
      'exposure v1 none DEFAULT@0',
      'timing v1 none DEFAULT@0',
      'aborted v1 none DEFAULT@0',
    ]);
  });

  test('stays the same gate where StrictMode mounts it twice, and starts the client twice', async () => {
    const { client, decide, mount, done, told } = createPage();
    const { gate, unmount } = mount('live');
    unmount();
    client.close();
    gate.connect();
    client.start();
    await done();
    expect(told()).toEqual([]);
    decide('v1');
    await done();
    expect(told()).toEqual(['attempt v1 v1 SPLIT@1', 'exposure v1 v1 SPLIT@1', 'timing v1 v1 SPLIT@1']);
  });

  test('keeps what it was: what is decided later changes nothing of what it tells', async () => {
    const { clock, decide, mount, told } = createPage();
    mount('live');
    decide('v1');
    decide('v1', { emergency: { since: '2026-01-01T00:00:00.000Z' } });
    await clock.advance(2_000);
    expect(told().at(-1)).toBe('settled v1 v1 SPLIT@1');
  });
});

describe('a gate that holds', () => {
  test.each(['v1', 'v2'] as const)(
    'is nobody’s for as long as it stays, whether %s is decided then',
    async (version) => {
      const { client, clock, decide, mount, done, told } = createPage();
      const { unmount, measure, gate } = mount('held');
      measure('searchMs');
      await done();
      decide(version);
      // One beside it is held as well.
      const beside = mount('held');
      measure('searchMs');
      gate.reportFailure('v1', 'reported', new Error('broke'));
      await clock.advance(2_000);
      expect(told().length).toBeGreaterThan(8);
      expect(told().every((one) => one.includes(' v1 none '))).toBe(true);
      unmount();
      beside.unmount();
      await done();
      const before = told().length;
      const { gate: next } = mount('held');
      next.committed(version, 5);
      await done();
      expect(told().slice(before)).toEqual([
        `attempt ${version} ${version} SPLIT@1`,
        `exposure ${version} ${version} SPLIT@1`,
        `timing ${version} ${version} SPLIT@1`,
      ]);
      client.close();
    },
  );

  test('has as much of v1 as of v2, visit by visit, in which nobody has a gate twice', async () => {
    for (const feature of ['held', 'live'] as const) {
      const counted: Record<string, unknown> = {};
      for (const version of ['v1', 'v2'] as const) {
        const { clock, decide, mount, sink } = createPage();
        const { gate, unmount } = mount(feature);
        await clock.advance(50);
        decide(version);
        const shown = gate.getView();
        if (shown.shows === 'v2') gate.committed('v2', 5);
        await clock.advance(2_000);
        unmount();
        const { gate: again } = mount(feature);
        again.committed(version, 5);
        await clock.advance(2_000);
        const own = sink.observations.filter(({ arm }) => arm === version);
        counted[version] = own.map(({ kind }) => kind);
      }
      expect(counted['v1']).toEqual(counted['v2']);
    }
  });
});

describe('what is measured outside of gates', () => {
  test('waits for the decision, also what ends after it', async () => {
    const { client, clock, decide, told, done } = createPage();
    client.measure('held', 'searchMs', 1);
    let end = () => {};
    void client.time('held', 'loadMs', new Promise<void>((resolve) => (end = resolve)));
    client.reportFailure('held', new Error('broke'));
    await clock.advance(50);
    expect(told()).toEqual([]);
    decide('v1');
    end();
    await done();
    expect(told().sort()).toEqual(['failure v1 v1 SPLIT@1', 'measure v1 v1 SPLIT@1', 'measure v1 v1 SPLIT@1']);
  });

  test('is nobody’s when v2 is decided', async () => {
    const { client, clock, decide, told, done } = createPage();
    client.measure('held', 'searchMs', 1);
    await clock.advance(50);
    decide('v2');
    client.measure('held', 'searchMs', 1);
    await done();
    expect(told()).toEqual(['measure v1 none DEFAULT@0', 'measure v2 v2 SPLIT@1']);
  });
});

describe('what waits for a decision', () => {
  const early = ['attempt v1 none DEFAULT@0', 'exposure v1 none DEFAULT@0', 'timing v1 none DEFAULT@0'];

  test('goes as it is when the source gives up, and so does what follows of it', async () => {
    const { say, mount, told, clock, decide } = createPage();
    mount('live');
    await clock.advance(50);
    say().status('offline');
    await clock.advance(50);
    expect(told()).toEqual(early);
    decide('v1');
    await clock.advance(2_000);
    expect(told()).toEqual([...early, 'settled v1 none DEFAULT@0']);
  });

  test('goes as it is when the client is closed, before its sinks are', async () => {
    const { client, mount, told, closed, done } = createPage();
    const { unmount } = mount('live');
    unmount();
    client.close();
    await done();
    expect(told()).toEqual([...early, 'aborted v1 none DEFAULT@0']);
    expect(closed()).toBe(1);
    client.measure('live', 'searchMs', 1);
    client.start();
    await done();
    expect(told()).toHaveLength(4);
  });

  test('goes as it is when another user comes, as the first one’s; what stays is the next one’s', async () => {
    const { client, mount, told, sink, subjects, decide, done } = createPage();
    const subjectOf = () => client.internals.parts.decisions.digestOf('live').subject;
    const first = subjectOf();
    mount('live');
    client.setContext({ targetingKey: 'user-2' });
    await done();
    expect(told()).toEqual([...early, 'aborted v1 none DEFAULT@0']);
    expect([...subjects]).toEqual([first]);
    decide('v1');
    await done();
    expect(told().slice(4)).toEqual(['attempt v1 v1 SPLIT@1', 'exposure v1 v1 SPLIT@1']);
    expect([...subjects]).toEqual([first, subjectOf()]);
    expect(sink.counts('v1')).toMatchObject({ attempts: 2, exposures: 2, aborted: 1 });
  });

  test('is at most 500: the oldest goes as it is, and nothing is lost', async () => {
    const { client, decide, told, done } = createPage();
    const host = client.internals.parts.hostOf('live');
    for (let at = 0; at < 600; at++) host.observer('v1', host.decision())({ kind: 'settled' });
    await done();
    expect(told()).toHaveLength(100);
    decide('v1');
    await done();
    expect(told()).toHaveLength(600);
    expect(told().filter((one) => one === 'settled v1 v1 SPLIT@1')).toHaveLength(500);
  });

  test('is nothing where all is known: with an initial snapshot, under an override, without a source', async () => {
    const initial = rulesSnapshot({ live: { percentage: 0 }, held: {} });
    const known = createPage({ initial });
    known.mount('live');
    await known.done();
    expect(known.told()).toContain('exposure v1 v1 SPLIT@1');

    const forced = createPage({ overrides: { allow: 'all' } });
    forced.client.setOverride('live', 'v1');
    forced.mount('live');
    await forced.done();
    expect(forced.told()).toEqual(['overridden v1 none OVERRIDE@0']);

    const alone = createPage({ source: undefined });
    alone.mount('live');
    await alone.done();
    expect(alone.told()).toEqual(early);
  });

  test('is nobody’s where a version is forced before anything is decided', async () => {
    const { client, mount, told, decide, done } = createPage({ overrides: { allow: 'all' } });
    mount('live');
    client.setOverride('live', 'v1');
    decide('v1');
    await done();
    expect(told()).toEqual(early);
  });
});
