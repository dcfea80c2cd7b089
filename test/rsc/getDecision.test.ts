import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineFeatures, getDecision, getDecisions } from '../../src/rsc/index.js';
import { createSwitchback } from '../../src/client/index.js';
import { rulesSnapshot } from '../harness/snapshot.js';

const features = defineFeatures({ panel: {}, list: {}, constructor: {} });
const context = { targetingKey: 'user-1' };

describe('getDecision', () => {
  test.each([
    ['v2 by the percentage', rulesSnapshot({ panel: {} }), 'v2', 'SPLIT'],
    ['v1 by the percentage', rulesSnapshot({ panel: { percentage: 0 } }), 'v1', 'SPLIT'],
    ['v1 for a kill', rulesSnapshot({ panel: {} }, { kills: ['panel'] }), 'v1', 'ROLLED_BACK'],
    ['v1 in an emergency', rulesSnapshot({ panel: {} }, { emergency: { since: 'now' } }), 'v1', 'ROLLED_BACK'],
    ['v1 for a malformed rule', rulesSnapshot({ panel: { percentage: '100' } }), 'v1', 'ERROR'],
    ['v1 for a feature that is not published', rulesSnapshot({}), 'v1', 'ERROR'],
    ['v1 without a snapshot', null, 'v1', 'DEFAULT'],
    ['v1 for rubbish', 'rubbish', 'v1', 'DEFAULT'],
    ['v1 for the kills of rubbish', { kills: ['panel'], features: 7 }, 'v1', 'ROLLED_BACK'],
    ['v1 for the emergency of rubbish', { emergency: true }, 'v1', 'ROLLED_BACK'],
    ['v1 where rubbish kills another feature', { kills: ['list'] }, 'v1', 'DEFAULT'],
  ] as const)('gives %s', (_, snapshot, version, reason) => {
    expect(getDecision(features, snapshot, context, 'panel')).toMatchObject({
      feature: 'panel',
      version,
      enabled: version === 'v2',
      reason,
    });
  });

  test.each(['pannel', 'toString', '__proto__', '', 'a:b'])(
    'gives v1 ERROR for %j, which nobody defined',
    (feature) => {
      const snapshot = rulesSnapshot({ pannel: {}, toString: {} });
      expect(getDecision(features, snapshot, context, feature as 'panel')).toMatchObject({
        version: 'v1',
        reason: 'ERROR',
      });
    },
  );

  test('takes a feature that is named like a part of every object', () => {
    expect(getDecision(features, rulesSnapshot({ constructor: {} }), context, 'constructor').version).toBe('v2');
    expect(getDecision(features, rulesSnapshot({}), context, 'constructor').version).toBe('v1');
  });

  test('counts a window by the time it is given', () => {
    const snapshot = { ...rulesSnapshot({ panel: { from: '2026-06-01T00:00:00Z' } }), now: 0 };
    const at = (time: string) => getDecision(features, snapshot, context, 'panel', { nowMs: Date.parse(time) }).version;
    expect([at('2026-05-31T23:59:59Z'), at('2026-06-01T00:00:00Z')]).toEqual(['v1', 'v2']);
  });

  test('counts a window by the time in the snapshot, as the browser does when it takes over the HTML', () => {
    const nowMs = Date.parse('2016-06-01T00:00:00Z');
    const snapshot = { ...rulesSnapshot({ panel: { until: '2016-06-02T00:00:00Z' } }), now: nowMs };
    const client = createSwitchback({ features, initial: snapshot, context, storage: false });
    expect(getDecision(features, snapshot, context, 'panel').version).toBe('v2');
    expect(client.internals.cell('panel').getForServer().version).toBe('v2');
    expect(client.getDecision('panel').version).toBe('v1');
  });

  test.each([-1, 1.5, '7', null, Number.NaN])('ignores the time %j in a snapshot', (now) => {
    const snapshot = { ...rulesSnapshot({ panel: { from: '2016-06-01T00:00:00Z' } }), now };
    expect(getDecision(features, snapshot, context, 'panel').version).toBe('v2');
  });

  test('refuses a context that is none, showing it', () => {
    const decide = (given: unknown) => () => getDecision(features, null, given as null, 'panel');
    expect(decide('user-1')).toThrow('context must be an object or null, found "user-1"');
    expect(decide({ targetingKey: 7 })).toThrow('context.targetingKey must be text, found 7');
    expect(decide({ region: 7 })).toThrow('context.region must be text, found 7');
    expect(() => getDecision(undefined as never, null, context, 'panel' as never)).toThrow('features must be');
  });

  test('decides as a client with the same initial snapshot decides for hydration, whoever asks', () => {
    fc.assert(
      fc.property(
        fc.option(fc.string(), { nil: undefined }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (targetingKey, percentage) => {
          const snapshot = rulesSnapshot({ panel: { percentage } });
          const client = createSwitchback({ features, initial: snapshot, context: { targetingKey }, storage: false });
          expect(getDecision(features, snapshot, { targetingKey }, 'panel')).toEqual(
            client.internals.cell('panel').getForServer(),
          );
        },
      ),
    );
  });

  test('never throws for a snapshot', () => {
    fc.assert(
      fc.property(fc.anything(), (snapshot) => {
        expect(getDecision(features, snapshot, context, 'panel').version).toBe('v1');
      }),
    );
  });
});

describe('getDecisions', () => {
  test('gives every feature, and nothing that nobody defined', () => {
    const decisions = getDecisions(features, rulesSnapshot({ panel: {}, other: {} }), null);
    expect(Object.keys(decisions)).toEqual(['panel', 'list', 'constructor']);
    expect(decisions.panel).toEqual(getDecision(features, rulesSnapshot({ panel: {} }), null, 'panel'));
    expect(decisions.list.reason).toBe('ERROR');
  });

  test('gives plain data, as client components can take', () => {
    const decisions = getDecisions(features, rulesSnapshot({ panel: {} }), context);
    expect(Object.getPrototypeOf(decisions)).toBe(Object.prototype);
    expect(JSON.parse(JSON.stringify(decisions))).toEqual(decisions);
  });
});
