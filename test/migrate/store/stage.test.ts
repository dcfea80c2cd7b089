import { expect, test } from 'vitest';
import { moveStage, neighboursOf, planOf, rolledBack, stages } from '../../../src/migrate/store/stage.js';

test.each([
  ['off', 'v1', false, ['v1']],
  ['dualwrite', 'v1', false, ['v1', 'v2']],
  ['shadow', 'v1', true, ['v1', 'v2']],
  ['live', 'v2', true, ['v2', 'v1']],
  ['rampdown', 'v2', false, ['v2', 'v1']],
  ['complete', 'v2', false, ['v2']],
] as const)('%s reads %s (compares: %s) and writes %o', (stage, reads, compares, writes) => {
  expect(planOf(stage)).toEqual({ reads, compares, writes });
});

const equal = { v1: false, v2: false };

test('a stage may be left for its neighbours alone, and says which those are', () => {
  for (const stage of stages)
    for (const wanted of stages) {
      const outcome = moveStage(stage, wanted, equal);
      const mayFollow = stage === wanted || neighboursOf(stage).includes(wanted);
      expect(outcome.status).toBe(mayFollow ? 'moved' : 'refused');
      expect(outcome.stage).toBe(mayFollow ? wanted : stage);
    }
  expect(moveStage('off', 'live', equal)).toMatchObject({ why: 'from off the stages dualwrite may follow' });
  expect(moveStage('live', '__proto__', equal)).toMatchObject({
    status: 'refused',
    why: 'a stage is one of off, dualwrite, shadow, live, rampdown, complete',
  });
});

test('no step leads to a store that lacks writes, in either direction', () => {
  expect(moveStage('shadow', 'live', { v1: false, v2: true })).toMatchObject({
    status: 'refused',
    why: 'v2 lacks what was written to v1 alone: copy it, then reconcile with repair',
  });
  expect(moveStage('live', 'shadow', { v1: true, v2: false })).toMatchObject({ status: 'refused' });
  expect(moveStage('off', 'dualwrite', { v1: false, v2: true })).toEqual({ status: 'moved', stage: 'dualwrite' });
});

test('a rollback leads to v1 alone, unless only v2 has everything', () => {
  for (const stage of stages) expect(rolledBack(stage, equal)).toBe('off');
  expect(rolledBack('complete', { v1: true, v2: false })).toBe('rampdown');
  expect(rolledBack('rampdown', { v1: true, v2: false })).toBe('rampdown');
});
