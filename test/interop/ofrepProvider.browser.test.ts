// The OpenFeature project's own provider for browsers, on our service.
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature, ProviderEvents, type Client, type Provider } from '@openfeature/web-sdk';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { commands } from 'vitest/browser';

let url = '';

beforeAll(async () => {
  ({ url } = await commands.startService());
  const create = (feature: string, rule: object) =>
    commands.callService('POST', '/api/features', { feature, enabled: true, reason: 'a test', ...rule });
  await create('memoryPanel', { percentage: 100, config: { pageSize: 20 } });
  await create('sessionsList', { percentage: 0 });
  await create('onlyEurope', { percentage: 100, regions: ['eu'] });
}, 60_000);
afterEach(() => OpenFeature.clearProviders());
afterAll(() => commands.stopService());

// Its types do not know exact optional properties.
const createProvider = () => new OFREPWebProvider({ baseUrl: url, cacheMode: 'disabled' }) as unknown as Provider;

async function connect(context: Record<string, string> = { targetingKey: 'user-1' }): Promise<Client> {
  await OpenFeature.setContext(context);
  await OpenFeature.setProviderAndWait(createProvider());
  return OpenFeature.getClient();
}

test('reads our features as booleans, with their version and reason', async () => {
  const client = await connect();
  expect(client.getBooleanDetails('memoryPanel', false)).toMatchObject({ value: true, variant: 'v2', reason: 'SPLIT' });
  expect(client.getBooleanDetails('sessionsList', true)).toMatchObject({ value: false, variant: 'v1' });
  expect(client.getBooleanDetails('nothing', true)).toMatchObject({ value: true, errorCode: 'FLAG_NOT_FOUND' });
  expect(client.getStringDetails('memoryPanel', 'x')).toMatchObject({ value: 'x', errorCode: 'TYPE_MISMATCH' });
});

test('asks again for another user', async () => {
  const client = await connect({ targetingKey: 'user-1', region: 'us' });
  expect(client.getBooleanValue('onlyEurope', true)).toBe(false);
  await OpenFeature.setContext({ targetingKey: 'user-1', region: 'eu' });
  expect(client.getBooleanValue('onlyEurope', false)).toBe(true);
});

test('a rollback by psql reaches it over the event stream, and its undoing too', async () => {
  const client = await connect();
  const changes: unknown[] = [];
  client.addHandler(ProviderEvents.ConfigurationChanged, (details) => changes.push(details?.flagsChanged));
  expect(client.getBooleanValue('memoryPanel', false)).toBe(true);
  const enable = (isOn: boolean) =>
    commands.runSql('UPDATE feature_flags SET enabled = $1 WHERE feature = $2', [isOn, 'memoryPanel']);
  // Its stream has to be there: it does not ask again when it opens.
  await expect
    .poll(async () => Object(await commands.callService('GET', '/api/health')).ofrepStreams as number, {
      timeout: 20_000,
    })
    .toBeGreaterThan(0);
  await enable(false);
  await expect.poll(() => client.getBooleanValue('memoryPanel', true), { timeout: 20_000 }).toBe(false);
  await enable(true);
  await expect.poll(() => client.getBooleanValue('memoryPanel', false), { timeout: 20_000 }).toBe(true);
  expect(changes.flat()).toContain('memoryPanel');
});

test('without a user it is refused, and the code’s own defaults hold', async () => {
  await expect(connect({})).rejects.toThrow('400');
  expect(OpenFeature.getClient().getBooleanValue('memoryPanel', false)).toBe(false);
});
