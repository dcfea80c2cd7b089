import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineFeatures, serializeSnapshot } from '../../src/rsc/index.js';
import { createSwitchback } from '../../src/client/index.js';
import { rulesSnapshot } from '../harness/snapshot.js';

const hostile = '</script><script>alert(1)</script><!--<script>]]>&lt;\u2028\u2029';
const snapshotOf = (text: string) => rulesSnapshot({ panel: { config: { text, [text]: text } } });

/** Serializes with an ear for what is told. */
function serialize(snapshot: unknown) {
  const faults: unknown[] = [];
  const text = serializeSnapshot(snapshot, { onInternalFault: (_, error) => void faults.push(error) });
  return { text, faults };
}

test('what it gives reads back as what it got, as JSON and as a script', () => {
  fc.assert(
    fc.property(fc.oneof(fc.constant(hostile), fc.string({ unit: 'binary' })), (text) => {
      fc.pre(text !== '__proto__');
      const snapshot = snapshotOf(text);
      const { text: written, faults } = serialize(snapshot);
      expect(faults).toEqual([]);
      expect(JSON.parse(written)).toEqual(snapshot);
      // Through JSON, since objects of another realm have other prototypes.
      expect(JSON.parse(JSON.stringify(runInNewContext(`(${written})`)))).toEqual(snapshot);
    }),
  );
});

test('nothing in it can end a script element, begin a comment or end a line', () => {
  expect(serialize(snapshotOf(hostile)).text).not.toMatch(/[<>&\u2028\u2029]/);
});

test('leaves out what would be a prototype in a script', () => {
  const snapshot = JSON.parse('{"kills":["panel"],"__proto__":{"isAdmin":true},"features":{"a":{"__proto__":1}}}');
  expect(JSON.parse(serialize(snapshot).text)).toEqual({ kills: ['panel'], features: { a: {} } });
  expect(serialize(snapshot).text).not.toContain('proto');
});

test('a client takes what was read back as its initial snapshot', () => {
  const faults: unknown[] = [];
  const client = createSwitchback({
    features: defineFeatures({ panel: {} }),
    initial: JSON.parse(serialize(snapshotOf(hostile)).text),
    storage: false,
    onInternalFault: (...fault) => void faults.push(fault),
  });
  expect(client.getDecision('panel').version).toBe('v2');
  expect(client.getConfig('panel')).toEqual({ text: hostile, [hostile]: hostile });
  expect(faults).toEqual([]);
});

test('keeps the kills of a snapshot that is rubbish otherwise', () => {
  expect(JSON.parse(serialize({ kills: ['panel'], features: 7 }).text)).toMatchObject({ kills: ['panel'] });
});

test.each([null, undefined])('gives null for %s, without a word', (snapshot) => {
  expect(serialize(snapshot)).toEqual({ text: 'null', faults: [] });
});

const circular: Record<string, unknown> = rulesSnapshot({});
circular.self = circular;
test.each([
  ['no snapshot', { nonsense: '</script>' }, 'snapshot/schema: must be 1, found undefined'],
  ['text', 'rubbish', 'snapshot: must be an object, found "rubbish"'],
  ['a function', () => {}, 'snapshot: must be an object, found undefined'],
  ['a circle', circular, 'the snapshot is no JSON'],
  ['a number JSON does not know', { ...rulesSnapshot({}), big: 1n }, 'the snapshot is no JSON'],
  ['another thing once it is JSON', { ...rulesSnapshot({}), toJSON: () => '</script>' }, 'must be an object'],
  ['too much', snapshotOf('x'.repeat(256 * 1_024)), 'a snapshot has at most 262144 characters, found '],
])('gives null for %s, and says why', (_, snapshot, message) => {
  const { text, faults } = serialize(snapshot);
  expect(text).toBe('null');
  expect(faults).toEqual([expect.objectContaining({ code: 'invalid-snapshot' })]);
  expect(String(faults[0])).toContain(message);
});

test('lives on with a hook that throws', () => {
  const onInternalFault = () => {
    throw new Error('hook');
  };
  expect(serializeSnapshot('rubbish', { onInternalFault })).toBe('null');
});
