import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyCounts } from '../../src/observe/tally.js';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { startReceiver } from '../service/export/receiver.js';
import { parseExposition } from '../service/export/parseExposition.js';
import { openStore } from '../service/store/openStore.js';

const opened = openStore();
const token = 'a-token-of-the-test-1234';
const within = { timeout: 30_000, interval: 100 };
let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.close());

const batch = (seq: number) => ({
  schema: 1,
  senderId: 'a'.repeat(32),
  seq,
  buckets: [
    {
      feature: 'memoryPanel',
      version: 'v1',
      arm: 'none',
      reason: 'DISABLED',
      epoch: 1,
      revision: 1,
      startMs: Date.now() - 20_000,
      durationMs: 10_000,
      counts: { ...emptyCounts, attempts: 1, exposures: 1, settled: 1 },
    },
  ],
});

test(
  'serve exports by OpenTelemetry’s own variables, through a restart, without a secret in the log',
  { timeout: 120_000 },
  async () => {
    const receiver = await startReceiver();
    const env = {
      SWITCHBACK_DATABASE_URL: opened.serviceUrl,
      SWITCHBACK_ADMIN_TOKEN: token,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=very%20secret',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=ignored',
    };
    const json = { 'content-type': 'application/json' };
    let told = '';
    for (const round of [1, 2]) {
      // The second one finds the receiver down at first.
      receiver.answer = round === 1 ? 200 : 503;
      const serving = cli.start(['serve', '--port', '0'], env);
      const url = (await serving.line(/ready at (http:\/\/127\.0\.0\.1:\d+)/))[1]!;
      const post = async (path: string, body: unknown) =>
        (
          await fetch(url + path, {
            method: 'POST',
            headers: { ...json, authorization: `Bearer ${token}` },
            body: JSON.stringify(body),
          })
        ).status;
      if (round === 1) expect(await post('/api/features', { feature: 'memoryPanel' })).toBe(201);
      await expect
        .poll(async () => (await opened.sql('SELECT wanted_at FROM metric_export'))[0]?.['wanted_at'], within)
        .not.toBeNull();
      expect(await post('/api/metrics', batch(round))).toBe(200);
      if (round === 2) await expect.poll(() => receiver.turnedAway.length, within).toBeGreaterThan(0);
      receiver.answer = 200;
      const exported = () =>
        receiver
          .points()
          .filter(({ metric }) => metric === 'switchback.attempts')
          .reduce((sum, { value = 0 }) => sum + value, 0);
      await expect.poll(exported, within).toBe(round);
      const page = parseExposition(await (await fetch(`${url}/metrics`)).text(), 'text');
      expect(page.get('switchback_attempts_total')?.samples[0]?.value).toBe(round);
      serving.child.kill('SIGTERM');
      const { code, stdout, stderr } = await serving.finished;
      expect(code).toBe(0);
      told += stdout + stderr;
    }
    expect(receiver.taken[0]).toMatchObject({
      path: '/v1/metrics',
      resource: { 'service.name': 'shop', 'deployment.environment.name': 'test' },
      headers: { 'x-api-key': 'very secret' },
    });
    expect(told).not.toContain('very');
  },
);

test.each([
  ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'very-secret', /otlp\.endpoint: an http or https address/],
  [
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'grpc',
    /OTEL_EXPORTER_OTLP_PROTOCOL: the service speaks http\/protobuf, found "grpc"/,
  ],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'very-secret', /OTEL_EXPORTER_OTLP_HEADERS: key=value pairs/],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zzvery-secret', /OTEL_EXPORTER_OTLP_HEADERS: key=value pairs in which %/],
  ['OTEL_METRIC_EXPORT_INTERVAL', '10', /otlp\.everyMs: 1000 to 86400000 ms, found 10/],
  ['OTEL_METRIC_EXPORT_INTERVAL', 'often', /OTEL_METRIC_EXPORT_INTERVAL: whole ms, found "often"/],
])('refuses %s=%s in one line', async (name, value, message) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', [name]: value };
  const { code, stderr } = await cli.run(['serve', '--port', '0'], env);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).not.toContain('very-secret');
});
