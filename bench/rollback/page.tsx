// One user's page: a panel of two versions, and the time at which each came into the document.
import { createRoot } from 'react-dom/client';
import { defineFeatures, FeatureGate, SwitchbackProvider } from 'react-switchback';

declare global {
  interface Window {
    /** ms since 1970 of the last change of version on this page, and the version. */
    lastShown?: { version: string; atMs: number };
  }
}

const query = new URLSearchParams(location.search);
// Without a stream the client polls.
if (query.get('stream') === 'off') Reflect.deleteProperty(window, 'EventSource');

const features = defineFeatures({ memoryPanel: { upgrade: 'live' } });
const container = document.querySelector('#app')!;
new MutationObserver(() => {
  const version = container.textContent;
  if (version === '' || window.lastShown?.version === version) return;
  window.lastShown = { version, atMs: performance.timeOrigin + performance.now() };
}).observe(container, { childList: true, subtree: true, characterData: true });

createRoot(container).render(
  <SwitchbackProvider
    features={features}
    url={query.get('api')!}
    context={{ targetingKey: query.get('user')! }}
    storage={false}
  >
    <FeatureGate feature="memoryPanel" fallback={<p>v1</p>}>
      <p>v2</p>
    </FeatureGate>
  </SwitchbackProvider>,
);
