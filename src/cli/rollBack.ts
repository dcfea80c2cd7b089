import type { Command } from 'commander';
import { createApi } from './api.js';
import { exitCodes, type ExitCode } from './exit.js';
import { readGlobalOptions, readNumber, type CommandContext } from './options.js';
import { waitForRollback } from './waitForRollback.js';

/** The answer to a change. */
export interface Change {
  readonly feature: string | null;
  readonly enabled: boolean;
  readonly epoch: number;
  readonly revision: number;
  readonly rollbackId: number | null;
  readonly auditId: number | null;
}

/** Sends a change that brings v1, waits until it is on the screens, and tells how that went. */
export async function rollBack(
  command: Command,
  context: CommandContext,
  { path, body, what, wait }: { path: string; body: unknown; what: string; wait: string },
): Promise<ExitCode> {
  const options = readGlobalOptions(command, context);
  const waitS = readNumber('--wait', wait, 0, 600);
  const api = createApi(options);
  const { body: change } = await api.call<Change>('POST', path, body);
  if (waitS === 0) {
    const text = `${what}: v1 was sent at revision ${change.revision}`;
    context.output.data(options.json ? JSON.stringify({ ...change, confirmed: null }) : text);
    return exitCodes.ok;
  }
  const { confirmed, text, streams, elapsedSeconds } = await waitForRollback(api, what, change, waitS);
  const report = { ...change, confirmed, streams, elapsedSeconds, message: text };
  if (options.json) context.output.data(JSON.stringify(report));
  else if (confirmed) context.output.data(text);
  if (!confirmed) context.output.message(`switchback: ${text}`);
  else if (!options.json && change.rollbackId !== null)
    context.output.message(
      `to undo: switchback undo ${change.rollbackId} --reason "…"${change.feature === null ? ' --features "…"' : ''}`,
    );
  return confirmed ? exitCodes.ok : exitCodes.unconfirmed;
}
