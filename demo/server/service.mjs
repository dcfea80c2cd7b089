import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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
    info = await new Promise((resolve, reject) => {
      started.once('message', resolve);
      started.once('error', reject);
      started.once('exit', (code) => reject(new Error(`the service did not start (${code}):\n${lines.join('\n')}`)));
    });
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
    if (isRunning()) {
      child.kill('SIGTERM');
      await Promise.race([ended(child), delay(stopMs, undefined, { ref: false })]);
      await kill();
    }
    await stopLeftover(join(dataDir, 'postgres'));
  }

  return { start, kill, stop, isRunning, port, info: () => info };
}

// A service that was killed leaves its database running.
async function stopLeftover(cluster) {
  const [pid, folder] = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  if (Number(pid) > 1 === false || folder !== cluster) return;
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL']) {
    if (!signalTo(Number(pid), signal)) return;
    for (let waitedMs = 0; waitedMs < 4_000; waitedMs += 50) {
      await delay(50);
      if (!signalTo(Number(pid), 0)) return;
    }
  }
}

function signalTo(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
