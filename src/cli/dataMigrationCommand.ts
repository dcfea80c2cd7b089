import type { Command } from 'commander';
import { loadDataMigration, type DataMigrationLike, type DataProgress } from './dataMigrationModule.js';
import { CliError, exitCodes, type ExitCode } from './exit.js';
import { readGlobalOptions, type CommandContext, type GlobalOptions } from './options.js';
import { createProgressLine } from './planProgress.js';
import type { Run } from './run.js';

interface Given {
  readonly export?: string;
}
type Act = (migration: DataMigrationLike, signal: AbortSignal) => Promise<DataProgress>;

const acts: readonly [name: string, description: string, act: Act][] = [
  ['run', 'copy from v1 to v2 and verify; goes on where it was left', (migration, signal) => migration.run({ signal })],
  ['status', 'how far it is', (migration) => migration.load()],
  ['verify', 'compare what was copied again', (migration, signal) => migration.verify({ signal })],
  ['rollback', "remove v2's copy alone; v1 is never touched", (migration) => migration.rollback()],
];

/** Adds `migrate run|status|verify|rollback <module>`. */
export function addDataMigration(migrate: Command, run: Run): void {
  for (const [name, description, act] of acts)
    migrate
      .command(`${name} <module>`)
      .description(`a data migration of yours: ${description}`)
      .option('--export <name>', 'the export that migrateData gave; default: the default one, or the only one')
      .action((path: string, given: Given, command: Command) =>
        run(async (context) => {
          const options = readGlobalOptions(command, context);
          const module = await loadDataMigration(path, given.export);
          try {
            return await watch(name, module.migration, act, options, context);
          } finally {
            await module.close();
            // What the module still holds open must not keep a finished command from ending.
            setTimeout(() => process.exit(), 1_000).unref();
          }
        }),
      );
}

const linesEveryMs = 1_000;
const stopSignals = ['SIGINT', 'SIGTERM'] as const;

async function watch(
  name: string,
  migration: DataMigrationLike,
  act: Act,
  { json }: GlobalOptions,
  { output }: CommandContext,
): Promise<ExitCode> {
  const line = createProgressLine(process.stderr);
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(new Error(signal));
  };
  let toldMs = -Infinity;
  let toldPhase: string | undefined;
  const tell = (): void => {
    const progress = migration.getProgress();
    if (process.stderr.isTTY === true && !json) return line.draw(describe(progress));
    const nowMs = performance.now();
    if (progress.phase === toldPhase && nowMs - toldMs < linesEveryMs) return;
    toldMs = nowMs;
    toldPhase = progress.phase;
    if (json) output.data(JSON.stringify(progress));
    else output.message(describe(progress));
  };
  const isShown = name !== 'status';
  const unsubscribe = isShown ? migration.subscribe(tell) : () => {};
  for (const signal of stopSignals) process.on(signal, stop);
  try {
    const progress = await act(migration, controller.signal);
    line.clear();
    output.data(json ? JSON.stringify(progress) : summary(progress));
    return progress.phase === 'failed' && isShown ? exitCodes.differs : exitCodes.ok;
  } catch (error) {
    line.clear();
    if (controller.signal.aborted && error === controller.signal.reason) {
      output.message(`switchback: stopped, ${describe(migration.getProgress())}; the same command goes on from there`);
      return exitCodes.interrupted;
    }
    // Who wrote the module knows the error by its words; where it comes from is theirs to look up.
    const why = error instanceof Error ? error.message.replace(/^\[switchback\] /, '') : String(error);
    throw new CliError(`migrate ${name}: ${why} (${describe(migration.getProgress())})`);
  } finally {
    unsubscribe();
    for (const signal of stopSignals) process.off(signal, stop);
  }
}

function describe({ phase, total, read, written, verified, fraction }: DataProgress): string {
  const of = total === null ? '' : ` of ${total}`;
  const percent = fraction === null ? '' : `${Math.floor(fraction * 100)} % `;
  if (phase === 'new') return 'not started';
  if (phase === 'removed') return 'removed';
  return phase === 'copying'
    ? `${percent}copying: ${read}${of} read, ${written} written`
    : `${percent}${phase}: ${verified}${of} compared, ${written} written`;
}

const shownProblems = 10;

function summary(progress: DataProgress): string {
  const { problems, skipped } = progress;
  const more = problems.length - shownProblems;
  return [
    describe(progress) + (skipped > 0 ? `, ${skipped} left out` : ''),
    ...problems
      .slice(0, shownProblems)
      .map(({ key, problem, detail }) => `${problem}: ${[key, detail].filter(Boolean).join(': ')}`),
    ...(more > 0 ? [`and ${more} more: --json shows them`] : []),
  ].join('\n');
}
