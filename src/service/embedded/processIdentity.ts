import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

const ps = (column: string, pid: number): string | null => {
  try {
    return (
      execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim() || null
    );
  } catch {
    return null;
  }
};

/**
 * Tells a process from a later one with the same number: when it started, as text to compare.
 * @returns null when there is no such process, or only its zombie
 */
export function startOf(pid: number): string | null {
  if (!Number.isSafeInteger(pid) || pid < 1) return null;
  if (process.platform !== 'linux') return ps('lstart', pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold spaces and brackets; the fields after its last bracket do not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`;
  } catch {
    return null;
  }
}

/** Whether a process is the postgres that works in `folder`. */
export function isPostgresIn(pid: number, folder: string): boolean {
  if (startOf(pid) === null) return false;
  if (process.platform !== 'linux') return ps('command', pid)?.includes(folder) === true;
  try {
    const own = statSync(folder);
    const its = statSync(`/proc/${pid}/cwd`);
    return own.dev === its.dev && own.ino === its.ino && /postgres/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}
