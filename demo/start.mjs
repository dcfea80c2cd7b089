// `npm start`: the service on a PostgreSQL of its own, the app beside it. `--smoke` drives it headless and exits, `--dev` serves sources.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveApp } from './server/app.mjs';
import { buildApp, buildServer } from './server/build.mjs';
import { guide } from './server/guide.mjs';
import { findFreePort } from './server/ports.mjs';
import { seedFeatures } from './server/seed.mjs';
import { createService } from './server/service.mjs';

const known = ['--smoke', '--dev', '--help'];
const given = process.argv.slice(2);
const unknown = given.find((argument) => !known.includes(argument));
if (unknown !== undefined || given.includes('--help')) {
  const text =
    'npm start [-- --smoke | --dev]\n  --smoke  start, drive the app in a headless browser, say what happened, exit 0 or 1\n  --dev    serve the app from its sources, with hot reload\n';
  (unknown === undefined ? process.stdout : process.stderr).write(
    unknown === undefined ? text : `unknown option ${JSON.stringify(unknown)}\n${text}`,
  );
  process.exit(unknown === undefined ? 0 : 2);
}
const isSmoke = given.includes('--smoke');
const isDev = given.includes('--dev');
// What the shell says is about other programs: React and Vite build for what is shown here.
process.env.NODE_ENV = isDev ? 'development' : 'production';

const closers = [];
let closing;
const closeAll = () =>
  (closing ??= (async () => {
    for (const close of closers.reverse()) await Promise.resolve(close()).catch((error) => console.error(error));
  })());

let signals = 0;
async function end(exitCode) {
  signals += 1;
  if (signals > 2) process.exit(exitCode);
  await closeAll();
  process.exit(exitCode);
}
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])
  process.on(signal, () => {
    if (signals === 0 && !isSmoke) console.log('\n  Cleaning up…');
    void end(isSmoke ? code : 0);
  });

// npm that is told to end takes its shell along, but not us.
const parent = process.ppid;
if (process.env.npm_lifecycle_event !== undefined)
  setInterval(() => process.ppid === parent || void end(0), 500).unref();
// Nobody reads any more: that must not keep us from cleaning up.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

try {
  await run();
} catch (error) {
  // What ends because it was told to has not failed.
  if (signals === 0) {
    console.error(`\n  The demo could not start: ${error instanceof Error ? error.message : String(error)}`);
    await end(1);
  }
}

async function run() {
  const say = (line) => isSmoke || console.log(`  ${line}`);
  const dataDir = await mkdtemp(join(tmpdir(), 'switchback-demo-'));
  closers.push(() => rm(dataDir, { recursive: true, force: true }));
  const outDir = join(dataDir, 'app');

  say('Building…');
  await Promise.all([buildServer(), isDev ? undefined : buildApp(outDir)]);
  if (signals > 0) return;

  say('Starting PostgreSQL and the service…');
  const service = createService({ port: await findFreePort(isSmoke ? undefined : 4400), dataDir });
  closers.push(() => service.stop());
  await seedFeatures(await service.start());
  if (signals > 0) return;

  const appPort = await findFreePort(isSmoke ? undefined : 4173);
  const app = await serveApp({ port: appPort, service, outDir, isDev });
  closers.push(() => app.close());
  if (signals > 0) return;

  if (isSmoke) {
    const { smoke } = await import('./server/smoke.mjs');
    await end((await smoke({ appUrl: app.url, service, dataDir, onClose: (close) => closers.push(close) })) ? 0 : 1);
    return;
  }
  const isInteractive = process.stdin.isTTY === true;
  console.log(guide({ appUrl: app.url, service: service.info(), dataDir, cwd: process.cwd(), isInteractive }));
  if (isInteractive) listenToKeys(service);
}

function listenToKeys(service) {
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding('utf8');
  closers.push(() => stdin.setRawMode(false));
  const keys = {
    k: async () => {
      await service.kill();
      console.log('  The service was killed (-9). Press r to start it again.');
    },
    r: async () => {
      await service.start();
      console.log('  The service runs.');
    },
    q: () => end(0),
    '\u0003': () => process.emit('SIGINT'),
  };
  stdin.on('data', (key) => {
    if (!Object.hasOwn(keys, key)) return;
    Promise.resolve(keys[key]()).catch((error) => console.error(`  ${error instanceof Error ? error.message : error}`));
  });
}
