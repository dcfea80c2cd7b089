import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { showValue } from '../error.js';
import { CliError, usageError } from './exit.js';
import { oneLine } from './output.js';

/** @throws CliError for what is no JSON */
export function readJsonText(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw usageError(`${name} must be JSON, found ${showValue(text)}`);
  }
}

/** Reads a file; `-` is stdin. @throws CliError */
export async function readJsonFile(path: string): Promise<unknown> {
  const text = await (path === '-' ? readAll(process.stdin) : readFile(path, 'utf8')).catch((error: unknown) => {
    throw new CliError(oneLine(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`));
  });
  return readJsonText(path === '-' ? 'stdin' : path, text);
}
