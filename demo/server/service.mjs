import { fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('./serviceProcess.mjs', import.meta.url));
const stopMs = 12_000;
const maxLines = 50;

/**
 * The service in a process of its own, always on the same port and folder.
 * @param onLine told what the service says, line by line
 */
export function createService({ port, dataDir, onLine = () => {} }) {
  let child;
  let info;
  let wasKilled = false;

  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  async function start() {
    if (isRunning()) return info;
    const lines = [];
    // A process group of its own: Ctrl-C in the terminal reaches the demo alone, which then ends things in order.
    child = fork(entry, [String(port), dataDir], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true });
    child.stderr.on('data', (chunk) => {
      for (const line of String(chunk).trimEnd().split('\n')) {
        if (lines.push(line) > maxLines) lines.shift();
        onLine(line);
      }
    });
    const started = child;
    started.once('exit', (_, signal) => (wasKilled = signal !== null));
    info = await new Promise((resolve, reject) => {
      started.once('message', resolve);
      started.once('error', reject);
      started.once('exit', (code) => reject(new Error(`the service did not start (${code}):\n${lines.join('\n')}`)));
    });
    wasKilled = false;
    return info;
  }

  const ended = (process) =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => process.once('exit', resolve));

  async function kill() {
    if (!isRunning()) return;
    child.kill('SIGKILL');
    await ended(child);
  }

  async function stop() {
    // A service that was killed leaves its database running, and the next one in that folder stops it.
    if (wasKilled) await start().catch((error) => onLine(String(error)));
    if (!isRunning()) return;
    child.kill('SIGTERM');
    await Promise.race([ended(child), delay(stopMs, undefined, { ref: false })]);
    await kill();
  }

  return { start, kill, stop, isRunning, port, info: () => info };
}
