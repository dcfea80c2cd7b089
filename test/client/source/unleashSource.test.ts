import { expect, test } from 'vitest';
import { unleashSource } from '../../../src/client/source/unleashSource.js';
import { createUnleashCase } from './foreignHarness.js';
import { describeSource } from './sourceContract.js';

describeSource('unleash', () => {
  const { source, clock, held } = createUnleashCase();
  return { source, settle: () => clock.advance(100), held };
});

const given = { url: 'https://unleash.example/api/frontend', clientKey: 'secret-key', appName: 'shop' };

test.each([
  [{ url: ' ' }, /url must be/],
  [{ clientKey: '' }, /clientKey must be text/],
  [{ appName: undefined }, /appName must be text/],
  [{ flagKeys: 'x' }, /flagKeys must be an object/],
])('refuses %j', (options, message) => {
  expect(() => unleashSource({ ...given, ...(options as object) })).toThrow(message);
});

test('shows no key when it refuses one', () => {
  expect(() => unleashSource({ ...given, clientKey: ['secret-key'] as unknown as string })).toThrow(/^(?!.*secret)/s);
});

test('asks with the frontend token, the user and the attributes', async () => {
  const { requests, start, clock } = createUnleashCase({ environment: 'production' });
  const stop = start({ targetingKey: 'user 1', sessionId: 's', plan: 'pro', age: 7, nested: {}, ['__proto__x']: 'y' });
  await clock.advance(0);
  const { url, method, headers } = requests[0]!;
  expect(method).toBe('GET');
  expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
    appName: 'shop',
    environment: 'production',
    userId: 'user 1',
    sessionId: 's',
    'properties[plan]': 'pro',
    'properties[age]': '7',
    'properties[__proto__x]': 'y',
  });
  expect(headers.get('authorization')).toBe('default:production.key');
  expect(headers.get('unleash-appname')).toBe('shop');
  stop();
});

test.each([
  [{ enabled: true }, 'v2'],
  [{ enabled: true, variant: { name: 'disabled', enabled: false } }, 'v2'],
  [{ enabled: true, variant: { name: 'v2', enabled: true } }, 'v2'],
  [{ enabled: true, variant: { name: 'blue', enabled: true } }, 'v2'],
  [{ enabled: true, variant: { name: 'v1', enabled: true } }, 'v1'],
  [{ enabled: true, variant: { name: 'off', enabled: true } }, 'v1'],
  [{ enabled: false, variant: { name: 'v2', enabled: true } }, 'v1'],
  [{ enabled: 'true' }, 'v1'],
  [{}, 'v1'],
])('takes the toggle %j as %s', async (toggle, version) => {
  const { engine, start, clock, versions } = createUnleashCase();
  engine.current = { toggles: [{ name: 'memoryPanel', ...toggle }] };
  const stop = start();
  await clock.advance(0);
  expect(versions()).toEqual({ memoryPanel: version });
  stop();
});

test('takes a JSON payload as settings', async () => {
  const { engine, start, clock, heard } = createUnleashCase();
  const payload = { type: 'json', value: '{"pageSize":50}' };
  engine.current = {
    toggles: [{ name: 'memoryPanel', enabled: true, variant: { name: 'v2', enabled: true, payload } }],
  };
  const stop = start();
  await clock.advance(0);
  expect(heard.snapshots[0]).toMatchObject({ features: { memoryPanel: { config: { pageSize: 50 } } } });
  stop();
});

test('takes a feature it was told of as v1 when Unleash leaves it out', async () => {
  const { engine, start, clock, versions } = createUnleashCase({
    flagKeys: { memoryPanel: 'web.memory', sessionsList: 'web.sessions' },
  });
  engine.current = { toggles: [{ name: 'web.memory', enabled: true }] };
  const stop = start();
  await clock.advance(0);
  expect(versions()).toEqual({ memoryPanel: 'v2', sessionsList: 'v1' });
  engine.current = { toggles: [] };
  await clock.advance(18_000);
  expect(versions()).toEqual({ memoryPanel: 'v1', sessionsList: 'v1' });
  stop();
});

test('polls with its ETag and tells nothing new on 304', async () => {
  const { requests, start, clock, heard } = createUnleashCase();
  const stop = start();
  await clock.advance(40_000);
  expect(requests.length).toBeGreaterThanOrEqual(3);
  expect(requests.at(-1)!.headers.get('if-none-match')).toMatch(/^"/);
  expect(heard.snapshots).toHaveLength(1);
  expect(heard.contacts.length).toBe(requests.length);
  expect(heard.statuses).toEqual(['connecting', 'polling']);
  stop();
});

test('shows neither user nor key in its faults', async () => {
  const { engine, start, clock, heard } = createUnleashCase();
  engine.answer = () => new Response('', { status: 401 });
  const stop = start({ targetingKey: 'someone@example.com' });
  await clock.advance(0);
  expect(heard.faults).toHaveLength(1);
  expect(String(heard.faults[0]!.error)).toBe(
    'SwitchbackError: [switchback] https://unleash.example/api/frontend: 401',
  );
  stop();
});
