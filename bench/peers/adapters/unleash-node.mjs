// Core only: the in-process evaluator that a server uses (the browser client does not bucket).
import { initialize } from 'unleash-client';
export const meta = {
  name: 'unleash-client (node, core only)',
  packages: ['unleash-client'],
  platform: 'node',
  modes: ['eval'],
  notes: 'Node server client; gradual rollout 50 % by userId (murmur3).',
};
const feature = (name, enabled, strategies = [{ name: 'default', parameters: {}, constraints: [] }]) => ({
  name,
  type: 'release',
  enabled,
  stale: false,
  strategies,
  variants: [],
  impressionData: false,
});
export async function create({ flags, id }) {
  const u = initialize({
    url: 'http://localhost/api/',
    appName: 'bench-' + id,
    refreshInterval: 0,
    disableMetrics: true,
    skipInstanceCountWarning: true,
    bootstrap: {
      data: [
        ...Object.entries(flags).map(([k, v]) => feature(k, v)),
        feature('rollout', true, [
          {
            name: 'flexibleRollout',
            constraints: [],
            parameters: { rollout: '50', stickiness: 'userId', groupId: 'rollout' },
          },
        ]),
      ],
    },
    storageProvider: { set: async () => {}, get: async () => undefined },
    disableAutoStart: false,
  });
  u.on('error', () => {});
  u.on('warn', () => {});
  await new Promise((r) => {
    u.on('ready', r);
    setTimeout(r, 500);
  });
  const ctx = { userId: 'session-0001' };
  return {
    evaluate: (key) => u.isEnabled(key, ctx),
    evaluateBucketed: (i) => u.isEnabled('rollout', { userId: 'session-' + i }),
    dispose: () => u.destroy(),
  };
}
