import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProgressLine } from '../../src/cli/planProgress.js';
import { detailsOf, durationOf, progressOf } from '../../src/cli/planText.js';
import type { StoredPlan } from '../../src/service/index.js';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { adminToken, startRunning } from '../service/http/running.js';
import { byAda, openStore } from '../service/store/openStore.js';

const opened = openStore();
let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.close());

async function start() {
  await opened.store.createFeature('memoryPanel', {}, byAda);
  const running = await startRunning(opened.store, { planTickMs: 50 });
  const env = { SWITCHBACK_URL: running.url, SWITCHBACK_ADMIN_TOKEN: adminToken };
  const words = (args: string) => args.match(/"[^"]*"|\S+/g)!.map((arg) => arg.replaceAll('"', ''));
  return {
    ...running,
    run: (args: string) => cli.run(words(args), env),
    go: (args: string) => cli.start(words(args), env),
  };
}

test('makes, lists, shows and moves a plan', async () => {
  const { run } = await start();
  const made = await run('plan create memoryPanel --stages 1,10,100 --hold-minutes 90 --reason "new panel"');
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toMatch(
    /^plan 1 of memoryPanel is a draft; start it: switchback plan start 1 --reason "…"\ndraft by ada at .*: new panel\n/,
  );
  expect(made.stdout).toContain('  2      10 %        1 h 30 min  time\n');
  expect(await run('plan start memoryPanel --reason "ready"')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^plan 1 of memoryPanel runs: stage 1 of 3, 1 %, held until 2\S+Z at least\n$/),
  });
  expect((await run('plan promote 1 --reason "looks good"')).stdout).toContain('stage 2 of 3, 10 %');
  expect((await run('plan pause 1 --reason lunch')).stdout).toBe(
    'plan 1 of memoryPanel is paused at stage 2 of 3, 10 % (person): lunch\n',
  );
  expect((await run('plan show memoryPanel')).stdout).toMatch(/\n> 2 +10 %/);
  expect((await run('plan list')).stdout).toMatch(
    /^plan  feature      status  at                  since\n1     memoryPanel  paused  stage 2 of 3, 10 %  2\S+Z\n$/,
  );
  expect(JSON.parse((await run('plan list --feature memoryPanel --json')).stdout)).toMatchObject({
    plans: [{ id: 1 }],
  });
  expect(JSON.parse((await run('plan resume 1 --reason back --json')).stdout)).toMatchObject({
    status: 'running',
    stage: 2,
  });
  expect((await run('plan cancel 1')).stdout).toBe('plan 1 of memoryPanel is cancelled; the feature stays as it is\n');
  const preset = await run('plan create --feature=memoryPanel --preset=standard --json');
  expect(JSON.parse(preset.stdout)).toMatchObject({
    id: 2,
    status: 'draft',
    stages: [{ percentage: 1, holdMinutes: 2_880 }, {}, {}, {}, {}],
  });
});

test('rolls a plan back and waits for the pages', async () => {
  const { run } = await start();
  await run('plan create memoryPanel --preset canary');
  await run('plan start memoryPanel --reason ready');
  expect(await run('plan rollback memoryPanel --reason "it flickers"')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^memoryPanel is v1 for everyone: revision \d+, no stream was open\n$/),
    stderr: 'to undo: switchback undo 1 --reason "…"\n',
  });
  expect((await run('plan show 1')).stdout).toContain(
    'plan 1 of memoryPanel is rolled back: v1 for everyone: it flickers',
  );
  expect(await run('plan watch 1')).toMatchObject({ code: 1 });
});

test(
  'follows a plan to its end, with a line for each stage and no drawing into a log',
  { timeout: 60_000 },
  async () => {
    const { run, go } = await start();
    await run('plan create memoryPanel --stages 10,100 --hold-minutes 0.06');
    const watching = go('plan watch memoryPanel --json');
    await watching.line(/"status":"draft"/);
    const { code, stdout, stderr } = await run('plan start memoryPanel --reason ready --follow');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').map((line) => /runs: stage \d|completed|^$/.exec(line)?.[0])).toEqual([
      'runs: stage 1',
      'runs: stage 2',
      'completed',
      '',
    ]);
    const watched = await watching.finished;
    expect(watched.code).toBe(0);
    expect(
      watched.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as StoredPlan).status)
        .at(-1),
    ).toBe('completed');
  },
);

test('stops following a plan that is paused, and says how to go on', async () => {
  const { run, go } = await start();
  await run('plan create memoryPanel --stages 10,100 --hold-minutes 60 --manual');
  const following = go('plan start memoryPanel --reason ready --follow');
  await following.line(/runs: stage 1/);
  await opened.store.rollback('memoryPanel', { ...byAda, reason: 'it flickers' });
  expect(await following.finished).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('is paused at stage 1 of 2, 10 % (rollback): rollback 1: it flickers'),
    stderr: 'to go on: switchback plan resume 1 --reason "…"\n',
  });
});

test('tells what is refused in one line', async () => {
  const { run } = await start();
  await run('plan create memoryPanel --stages 10,100');
  for (const [args, message] of [
    ['plan create memoryPanel --stages 10,100', /has a plan already/],
    ['plan create unknown --preset standard', /there is no feature "unknown"/],
    ['plan show 99', /there is no plan 99/],
    ['plan pause memoryPanel', /plan 1 is draft, pause is not possible: start it first/],
    ['plan show other', /other has no plan/],
  ] as const)
    expect(await run(args), args).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(message) });
  expect((await run('plan create memoryPanel --stages 100,10')).stderr).toMatch(/stages rise/);
});

test.each([
  ['plan', /Usage/],
  ['plan create memoryPanel', /--preset with one of standard/],
  ['plan create memoryPanel --preset x', /--preset must be one of .*found "x"/],
  ['plan create memoryPanel --preset constructor', /found "constructor"/],
  ['plan create memoryPanel --preset standard --stages 1', /which stages/],
  ['plan create memoryPanel --preset standard --manual', /go with --stages/],
  ['plan create memoryPanel --stages 1,x', /--stages must be 0 to 100, found "x"/],
  ['plan create memoryPanel --stages 1,101', /found "101"/],
  ['plan create memoryPanel --stages 1 --hold-minutes -1', /--hold-minutes must be/],
  ['plan start memoryPanel', /give --reason/],
  ['plan promote 1', /give --reason/],
  ['plan show a:b', /found "a:b"/],
  ['plan show 1x', /plan must be a whole number/],
])('exits with 2 for `%s`', async (args, message) => {
  const done = await cli.run(args.split(' '), { SWITCHBACK_URL: 'http://127.0.0.1:9' });
  expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
});

describe('on a terminal', () => {
  const running = (heldMs: number, holdMinutes = 60): StoredPlan => ({
    id: 7,
    feature: 'memoryPanel',
    stages: [{ percentage: 10, holdMinutes, gates: [{ kind: 'time' }] }],
    createdAt: 't',
    createdBy: 'ada',
    changedAt: 't',
    actor: 'ada',
    reason: null,
    status: 'running',
    stage: 1,
    startedAt: 't',
    stageBeganAt: 't',
    runningSince: 't',
    heldUntil: 't',
    heldMs,
    gates: [{ kind: 'manual', outcome: 'hold', reason: 'waits\u001b[2J', verdict: null }],
  });

  test('shows how far a stage is, and nothing of what others wrote can move the cursor', () => {
    expect(progressOf(running(30 * 60_000))).toBe(
      'memoryPanel 10 %  stage 1/1 [##########..........] 30 min of 1 h  manual: waits [2J',
    );
    expect(progressOf(running(90 * 60_000))).toContain('[####################] 1 h of 1 h');
    expect(progressOf(running(0, 0))).toContain('[####################] 0 min of 0 min');
    expect(detailsOf(running(0))).not.toContain('\u001b');
  });

  test('draws one line again and again, no wider than the terminal, and takes it away', () => {
    const written: string[] = [];
    const line = createProgressLine({ isTTY: true, columns: 12, write: (text) => written.push(text) });
    line.draw('0123456789abcdef');
    line.clear();
    line.clear();
    expect(written).toEqual(['\r\u001b[2K0123456789a', '\r\u001b[2K']);
    createProgressLine({ isTTY: true, columns: 0, write: (text) => written.push(text) }).draw('0123456789abcdef');
    expect(written.pop()).toContain('0123456789abcdef');
    createProgressLine({ write: (text) => written.push(text) }).draw('x');
    expect(written).toHaveLength(2);
  });

  test.each([
    [0, '0 min'],
    [0.5, '30 s'],
    [59.6, '1 h'],
    [1_439, '23 h 59 min'],
    [2_880, '2 d'],
    [1_501, '1 d 1 h'],
  ])('says %s minutes as %s', (minutes, text) => {
    expect(durationOf(minutes)).toBe(text);
  });
});
