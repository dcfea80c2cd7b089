// Starts the process that asks: its work must not count as the service's.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pinned } from './serve.mjs';

const script = fileURLToPath(new URL('./generator.mjs', import.meta.url));

/** @returns `ask(name, argument)` of what generator.mjs can do, and what ends it */
export function startGenerator({ isPinned }) {
  const [command, args] = pinned(isPinned ? 'generator' : null, process.execPath, [script]);
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'];
  const child = command === process.execPath ? fork(script, { stdio }) : spawn(command, args, { stdio });
  const waiting = new Map();
  let last = 0;
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the generator ended with ${code}`));
  });
  return {
    ask: (name, argument) =>
      new Promise((resolve, reject) => {
        waiting.set(++last, { resolve, reject });
        child.send({ id: last, name, argument });
      }),
    async close() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Of sorted numbers. */
export const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
