import { expect, test } from 'vitest';
import { eventClassOf, eventRuleOf, type EventRule } from '../../src/observe/eventClass.js';

const failure = { kind: 'failure', feature: 'panel', version: 'v2' } as const;
const timing = { kind: 'timing', feature: 'panel', version: 'v2' } as const;
const off = () => false;

test.each([
  ['failure', 'critical'],
  ['suppressedByBreaker', 'critical'],
  ['slow', 'critical'],
  ['silent', 'critical'],
  ['attempt', 'informational'],
  ['exposure', 'informational'],
  ['settled', 'informational'],
  ['aborted', 'informational'],
  ['overridden', 'informational'],
  ['timing', 'informational'],
  ['sum', 'informational'],
  ['measure', 'informational'],
] as const)('"%s" is %s where no rule says otherwise', (kind, eventClass) => {
  expect(eventClassOf(kind)).toBe(eventClass);
  expect(eventRuleOf({ ...failure, kind }, [], off)).toEqual({ class: eventClass });
});

test('the first rule that matches decides, by kind, feature and version', () => {
  const rules: readonly EventRule[] = [
    { kinds: ['timing'], feature: 'panel', version: 'v1', class: 'legacy' },
    { kinds: ['timing', 'sum'], feature: 'panel', class: 'critical', to: ['otlp'] },
    { feature: 'constructor', class: 'legacy', to: ['archive'] },
  ];
  const of = (more: object) => eventRuleOf({ ...timing, ...more }, rules, off);
  expect(of({ version: 'v1' })).toBe(rules[0]);
  expect(of({})).toBe(rules[1]);
  expect(of({ feature: 'constructor' })).toBe(rules[2]);
  expect(of({ feature: 'other' })).toEqual({ class: 'informational' });
  expect(of({ kind: 'failure' })).toEqual({ class: 'critical' });
});

test('a rule with a flag holds for users that have v2 of it, and for nobody else', () => {
  const rules: readonly EventRule[] = [{ kinds: ['failure'], flag: 'criticalToOtlp', class: 'critical', to: ['otlp'] }];
  expect(eventRuleOf(failure, rules, (feature) => feature === 'criticalToOtlp')).toBe(rules[0]);
  expect(eventRuleOf(failure, rules, off)).toEqual({ class: 'critical' });
});
