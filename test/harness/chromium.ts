import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cacheFolder.js';

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const advice = 'Install Chromium, or set CHROMIUM_PATH to one that starts.';

const require = createRequire(import.meta.url);

let known: string | undefined;

/**
 * Finds a Chromium that starts: `CHROMIUM_PATH`, else the system's, else the one that comes from npm, unpacked once into
 * `node_modules/.cache`.
 * @throws Error that says what was tried and what to do
 */
export function chromiumPath(): string {
  known ??= findChromium();
  return known;
}

function findChromium(): string {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') {
    const fault = startFault(named);
    if (fault === undefined) return named;
    throw new Error(`CHROMIUM_PATH is ${named}, which does not start: ${fault}. ${advice}`);
  }
  return installed.find((path) => existsSync(path) && startFault(path) === undefined) ?? chromiumFromNpm();
}

function chromiumFromNpm(): string {
  const packageFile = require.resolve('@sparticuz/chromium').replace(/build[\\/].*$/, 'package.json');
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  const folder = join(cacheFolder(), `chromium-${version}`);
  if (!existsSync(folder)) unpackInto(folder);
  const faults: string[] = [];
  for (const name of ['chromium', 'chromium-with-libraries']) {
    const fault = startFault(join(folder, name));
    if (fault === undefined) return join(folder, name);
    faults.push(fault);
  }
  throw new Error(`The Chromium from npm does not start: ${faults.join('; ')}. ${advice}`);
}

// The package unpacks into the temporary folder, where a second process would find half a file and start it. So it gets a
// folder of its own, which is then renamed into place: whoever comes second uses what the first one put there.
function unpackInto(folder: string): void {
  mkdirSync(dirname(folder), { recursive: true });
  const staging = mkdtempSync(`${folder}-`);
  try {
    const unpack = `import chromium from '@sparticuz/chromium'; await chromium.executablePath();`;
    execFileSync(process.execPath, ['--input-type=module', '--eval', unpack], {
      cwd: dirname(fileURLToPath(import.meta.url)),
      // It unpacks the libraries a bare system lacks only where it believes to be on Amazon Linux.
      env: { ...process.env, TMPDIR: staging, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const wrapper = [
      '#!/bin/sh',
      `folder='${folder.replaceAll("'", String.raw`'\''`)}'`,
      'export LD_LIBRARY_PATH="$folder/al2023/lib:$LD_LIBRARY_PATH" FONTCONFIG_PATH="${FONTCONFIG_PATH:-$folder/fonts}"',
      'exec "$folder/chromium" "$@"',
      '',
    ];
    const fonts = join(folder, 'fonts', 'fonts').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const fontsFile = `<?xml version="1.0"?>\n<fontconfig><dir>${fonts}</dir></fontconfig>\n`;
    writeFileSync(join(staging, 'fonts', 'fonts.conf'), fontsFile);
    writeFileSync(join(staging, 'chromium-with-libraries'), wrapper.join('\n'));
    chmodSync(join(staging, 'chromium-with-libraries'), 0o755);
    renameSync(staging, folder);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (!existsSync(folder)) throw new Error(`The Chromium from npm cannot be unpacked. ${advice}`, { cause: error });
  }
}

function startFault(path: string): string | undefined {
  try {
    const version = execFileSync(path, ['--version', '--no-sandbox'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
    }).trim();
    return /\d+\.\d+/.test(version) ? undefined : `it says ${JSON.stringify(version.slice(0, 200))}`;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error))
      .trim()
      .split('\n')
      .slice(0, 3)
      .join(' ')
      .slice(0, 400);
  }
}

/** Flags for a headless run without a sandbox, a GPU or any request of the browser's own. */
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
