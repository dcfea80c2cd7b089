// The configuration of nginx and PgBouncer as docs/operations.md has it, run; needs both, and root.
//   node bench/proxies.mjs [--hold 90]
//     --hold  seconds for which a stream is left alone with its heartbeats, twice; 600 for the ten minutes of a proxy's patience
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile, chmod } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { constants, createGunzip } from 'node:zlib';
import { feature, startFleet } from './roads/fleet.mjs';

const run = promisify(execFile);
const { values } = parseArgs({ options: { hold: { type: 'string', default: '90' } } });
const seconds = Number(values.hold);
if (!(seconds >= 0 && seconds <= 86_400)) throw new Error(`--hold is 0 to 86,400 seconds, found ${values.hold}`);
const rounds = 20;

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
};

/** Events of a stream, with the ms of their arrival. */
function listen(port, host) {
  const events = [];
  const state = { events, ended: null, headers: null };
  const asked = request(
    {
      port,
      host: '127.0.0.1',
      path: '/api/events',
      servername: host,
      rejectUnauthorized: false,
      headers: { host, 'accept-encoding': 'gzip' },
    },
    (response) => {
      state.headers = response.headers;
      const isZipped = response.headers['content-encoding'] === 'gzip';
      const flush = constants.Z_SYNC_FLUSH;
      const text = isZipped ? response.pipe(createGunzip({ flush, finishFlush: flush })) : response;
      text.on('data', (chunk) => {
        for (const [, event] of String(chunk).matchAll(/^event: (\w+)/gm))
          events.push({ event, atMs: performance.now(), text: String(chunk) });
      });
      response.on('close', () => (state.ended = performance.now()));
    },
  );
  asked.on('error', (error) => (state.ended = error.message));
  asked.end();
  return { ...state, state, close: () => asked.destroy() };
}

async function until(condition, timeoutMs) {
  for (const endMs = performance.now() + timeoutMs; performance.now() < endMs; await delay(2))
    if (condition()) return true;
  return false;
}

/** From the answer to a change until a stream through a proxy has it. */
async function flips(fleet, stream) {
  const delaysMs = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = stream.events.length;
    const startedMs = performance.now();
    await fleet.send('POST', '/api/features/disable', { feature });
    const came = () => stream.events.slice(before).find(({ text }) => text.includes(`"kills":["${feature}"]`));
    delaysMs.push((await until(() => came() !== undefined, 10_000)) ? came().atMs - startedMs : Infinity);
    await fleet.bringBack();
    await delay(50);
  }
  delaysMs.sort((a, b) => a - b);
  return { medianMs: Math.round(delaysMs[rounds / 2]), maxMs: Math.round(delaysMs.at(-1)) };
}

const folder = await mkdtemp(join(tmpdir(), 'switchback-proxies-'));
await chmod(folder, 0o755);
const fleet = await startFleet();
const closers = [() => rm(folder, { recursive: true, force: true }), () => fleet.close()];
try {
  const text = await readFile(new URL('../docs/operations.md', import.meta.url), 'utf8');
  const [config, stream] = [...text.matchAll(/```nginx\n([\s\S]*?)```/g)].map(([, block]) => block);
  const [secure, plain] = [await freePort(), await freePort()];
  const key = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=flags.example.com'];
  await run('openssl', [...key, '-keyout', join(folder, 'flags.key'), '-out', join(folder, 'flags.pem')]);
  await writeFile(join(folder, 'stream.conf'), stream);
  const documented = config
    .replace('10.0.0.11:4400', `127.0.0.1:${fleet.first.port}`)
    .replace('10.0.0.12:4400', `127.0.0.1:${fleet.second.port}`)
    .replace('listen 443 ssl', `listen 127.0.0.1:${secure} ssl`)
    // Versions before 1.25.1 say it in `listen`.
    .replace(/^ *http2 on;.*\n/m, '')
    .replaceAll('/etc/ssl/', `${folder}/`);
  // Beside it what somebody has who configured nothing, with compression of everything.
  const defaults = `server { listen 127.0.0.1:${plain} ssl; ssl_certificate ${folder}/flags.pem; ssl_certificate_key ${folder}/flags.key;
    gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; location / { proxy_pass http://switchback; } }`;
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
    events { worker_connections 1024; }
    http { access_log off; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
    ${documented}\n${defaults} }`,
  );
  const nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'inherit' });
  closers.push(() => nginx.kill('SIGTERM'));
  await delay(1_000);

  for (const [what, port] of [
    ['nginx as documented', secure],
    ['nginx without a word about it, gzip on', plain],
  ]) {
    const listening = listen(port, 'flags.example.com');
    const { events, state } = listening;
    const openedMs = performance.now();
    if (!(await until(() => events.length > 1, 5_000))) throw new Error(`${what}: no event within 5 s`);
    const result = await flips(fleet, listening);
    const beats = events.length;
    await delay(seconds * 1_000);
    const after = await flips(fleet, listening);
    const beaten = events.slice(beats).filter(({ event }) => event === 'heartbeat').length;
    console.log(
      `${what}: a rollback ${result.medianMs} ms, at most ${result.maxMs} ms; ${seconds} s idle: ${beaten} heartbeats, ${state.ended === null ? 'still open' : 'ENDED'}; then ${after.medianMs} ms, at most ${after.maxMs} ms; encoding ${state.headers['content-encoding'] ?? 'none'}, first events after ${Math.round(events[0].atMs - openedMs)} ms`,
    );
    listening.close();
  }

  // PgBouncer in transaction mode, between a third replica and the database.
  const direct = new URL(fleet.connectionString);
  const port = await freePort();
  const [, ignore] = /```ini\n([\s\S]*?)```/.exec(text);
  await writeFile(join(folder, 'users.txt'), `"${direct.username}" "${decodeURIComponent(direct.password)}"\n`);
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]\npostgres = host=127.0.0.1 port=${direct.port} dbname=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}
unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = ${folder}/users.txt\npool_mode = transaction\n${ignore}`,
  );
  const bouncer = spawn('pgbouncer', ['-q', '-u', 'nobody', join(folder, 'pgbouncer.ini')], { stdio: 'inherit' });
  closers.push(() => bouncer.kill('SIGINT'));
  await delay(1_000);
  const pooled = new URL(direct);
  pooled.port = String(port);
  await fleet.second.stop();
  await fleet.second.start({ SWITCHBACK_DATABASE_URL: pooled.href });
  await fleet.second.snapshot();
  const doctor = await fleet.ask('doctor');
  console.log(`doctor, exit code ${doctor.code ?? 0}:\n${doctor.stdout}`);
  const follow = async (change) => {
    const delaysMs = [];
    for (let round = 0; round < rounds; round += 1) {
      await change();
      const startedMs = performance.now();
      while (!(await fleet.second.snapshot()).kills.includes(feature)) await delay(5);
      delaysMs.push(performance.now() - startedMs);
      await fleet.bringBack();
    }
    delaysMs.sort((a, b) => a - b);
    return `${Math.round(delaysMs[rounds / 2])} ms, at most ${Math.round(delaysMs.at(-1))} ms`;
  };
  const byPsql = () => fleet.psql(`UPDATE feature_flags SET enabled = false WHERE feature = '${feature}'`);
  console.log(`a replica behind PgBouncer, transaction mode: a rollback in psql after ${await follow(byPsql)}`);
  console.log(
    `one through itself after ${await follow(() => fleet.send('POST', '/api/features/disable', { feature }))}`,
  );
} finally {
  for (const close of closers.reverse()) await close();
}
