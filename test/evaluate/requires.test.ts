import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/evaluate/bucket.js';
import { evaluate } from '../../src/evaluate/evaluate.js';
import { ask, noonMs, publish, tagOf } from './publish.js';

const on = { enabled: true, percentage: 100 };

describe('a feature that requires others', () => {
  test('is v2 only when all of them are v2 for this user', () => {
    const features = { a: { ...on, requires: ['b', 'c'] }, b: on, c: on };
    expect(ask(publish(features), 'a')).toMatchObject({ version: 'v2', reason: 'SPLIT' });
    expect(ask(publish({ ...features, c: { ...on, percentage: 0 } }), 'a').reason).toBe('PREREQUISITE');
  });

  test.each([
    ['killed', { b: on }, { kills: ['b'] }],
    ['disabled', { b: { enabled: false } }, {}],
    ['denied', { b: { ...on, deny: [tagOf('b', 'user-1')] } }, {}],
    ['unknown', {}, {}],
    ['malformed', { b: { percentage: 'all' } }, {}],
    ['over', { b: { ...on, until: '2026-01-01T00:00:00Z' } }, {}],
  ])('is v1 while one is %s, yet may be overridden', (_, features, rest) => {
    const snapshot = publish({ a: { ...on, requires: ['b'] }, ...features }, rest);
    expect(ask(snapshot, 'a')).toEqual({ feature: 'a', version: 'v1', reason: 'PREREQUISITE', kill: false });
  });

  test('is held by a prerequisite of a prerequisite', () => {
    const features = { a: { ...on, requires: ['b'] }, b: { ...on, requires: ['c'] }, c: { ...on, percentage: 0 } };
    expect(ask(publish(features), 'a').reason).toBe('PREREQUISITE');
    expect(ask(publish({ ...features, c: on }), 'a').version).toBe('v2');
  });
});

describe('a cycle that was published anyway', () => {
  test.each([
    ['of one', { a: { ...on, requires: ['a'] } }],
    ['of two', { a: { ...on, requires: ['b'] }, b: { ...on, requires: ['a'] } }],
    [
      'of three, behind a good one',
      { a: { ...on, requires: ['good', 'b'] }, good: on, b: { ...on, requires: ['c'] }, c: { ...on, requires: ['b'] } },
    ],
  ])('%s is v1 with reason ERROR', (_, features) => {
    expect(ask(publish(features), 'a')).toEqual({ feature: 'a', version: 'v1', reason: 'ERROR', kill: false });
  });

  test('leaves features outside of it alone', () => {
    const snapshot = publish({ a: { ...on, requires: ['b'] }, b: { ...on, requires: ['a'] }, other: on });
    expect(ask(snapshot, 'other').version).toBe('v2');
  });

  test('lets nobody through, also not by an allow list', () => {
    const allow = [tagOf('a', 'user-1')];
    const snapshot = publish({ a: { enabled: true, allow, requires: ['b'] }, b: { ...on, requires: ['a'] } });
    expect(ask(snapshot, 'a').reason).toBe('ERROR');
  });
});

test('asks each feature of a diamond 60 levels deep once', () => {
  const features: Record<string, object> = { left60: on, right60: on };
  for (let level = 0; level < 60; level++) {
    const requires = [`left${level + 1}`, `right${level + 1}`];
    features[`left${level}`] = { ...on, requires };
    features[`right${level}`] = { ...on, requires };
  }
  let asked = 0;
  const counting = (feature: string, targetingKey: string) => {
    // Asking again at each level would take 2^60 steps: end the run instead.
    if (++asked > 1_000) throw new Error('asked a feature again and again');
    return digestOf(feature, targetingKey);
  };
  const assignment = evaluate(
    publish(features),
    'left0',
    { targetingKey: 'user-1' },
    { nowMs: noonMs, digestOf: counting },
  );
  expect(assignment.version).toBe('v2');
  expect(asked).toBe(121);
});

test('follows a chain through all 1,000 features that a snapshot may have', () => {
  const features: Record<string, object> = { f999: on };
  for (let index = 0; index < 999; index++) features[`f${index}`] = { ...on, requires: [`f${index + 1}`] };
  expect(ask(publish(features), 'f0').version).toBe('v2');
});
