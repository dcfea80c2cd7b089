import posthogModule from 'posthog-js';
import { PostHogProvider, useFeatureFlagEnabled } from 'posthog-js/react';
import { createElement } from 'react';
export const meta = {
  name: 'PostHog posthog-js/react',
  packages: ['posthog-js'],
  size: `export { PostHogProvider, useFeatureFlagEnabled, PostHogFeature } from 'posthog-js/react';`,
  notes:
    'bootstrap.featureFlags, autocapture and recording off, opted out of capturing; a change is reloadFeatureFlags() against a stubbed fetch, which the client debounces (a few ms of the change time). Evaluates on the server.',
};
const posthog = posthogModule.init ? posthogModule : posthogModule.default; // CommonJS interop under Node
const response = (flags) => ({
  flags: Object.fromEntries(
    Object.entries(flags).map(([key, enabled]) => [
      key,
      {
        key,
        enabled,
        reason: { code: 'x', condition_index: 0, description: '' },
        metadata: { id: 1, version: 1, payload: null },
      },
    ]),
  ),
  featureFlags: flags,
  errorsWhileComputingFlags: false,
  requestId: 'r',
});
export async function create({ flags, net, id }) {
  let current = flags;
  net.handler = (url) => (/\/flags\//.test(url) ? response(current) : {});
  const client = posthog.init(
    'phc_bench' + id,
    {
      api_host: 'http://localhost',
      bootstrap: { featureFlags: flags, distinctID: 'session-0001' },
      persistence: 'memory',
      autocapture: false,
      capture_pageview: false,
      capture_pageleave: false,
      disable_session_recording: true,
      disable_surveys: true,
      capture_performance: false,
      disable_external_dependency_loading: true,
      opt_out_capturing_by_default: true,
      capture_dead_clicks: false,
      rageclick: false,
      disable_compression: true,
      advanced_disable_feature_flags_on_first_load: true,
      remote_config_refresh_interval_ms: 0,
    },
    'bench' + id,
  );
  const reload = (all) => {
    current = { ...all };
    client.reloadFeatureFlags();
  };
  return {
    settleMs: 60,
    refetchUsesNet: true,
    Provider: ({ children }) => createElement(PostHogProvider, { client }, children),
    useBool: (key) => useFeatureFlagEnabled(key),
    evaluate: (key) => client.isFeatureEnabled(key, { send_event: false }),
    setOne: (_k, _v, all) => reload(all),
    refetchSame: (all) => reload(all),
  };
}
