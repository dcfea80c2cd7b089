// One user's page: a panel of two versions, and the frame in which each was first there.
import { createRoot } from 'react-dom/client';
import { defineFeatures, createSwitchback, FeatureGate, SwitchbackProvider } from 'react-switchback';

declare global {
  interface Window {
    /** ms since 1970 of the first frame with this version alone in the document. */
    lastFrame?: { version: string; atMs: number };
    applySnapshot?: (snapshot: unknown) => boolean;
  }
}

const query = new URLSearchParams(location.search);
const client = createSwitchback({
  features: defineFeatures({ memoryPanel: { upgrade: 'live' } }),
  url: query.get('api')!,
  context: { targetingKey: query.get('user')! },
  ...(query.has('stored') ? {} : { storage: false }),
});
window.applySnapshot = (snapshot) => client.applySnapshot(snapshot);

const container = document.querySelector('#app')!;
const look = (): void => {
  const version = container.textContent;
  if (version !== '' && window.lastFrame?.version !== version)
    window.lastFrame = { version, atMs: performance.timeOrigin + performance.now() };
  requestAnimationFrame(look);
};
requestAnimationFrame(look);

createRoot(container).render(
  <SwitchbackProvider client={client}>
    <FeatureGate feature="memoryPanel" fallback={<p>v1</p>}>
      <p>v2</p>
    </FeatureGate>
  </SwitchbackProvider>,
);
