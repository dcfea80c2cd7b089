// A small app: one v2 in the entry that fails in an effect, one in a chunk of its own that fails in render, one that works.
import { StrictMode, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { defineFeatures, FeatureGate, SwitchbackProvider, versioned } from 'react-switchback';

const features = defineFeatures({ inEntry: {}, broken: {}, good: {} });
const published = { enabled: true, percentage: 100 };
const initial = {
  schema: 1,
  kind: 'rules',
  epoch: 1,
  revision: 1,
  publishedAt: '2026-01-01T00:00:00.000Z',
  emergency: null,
  kills: [],
  features: { inEntry: published, broken: published, good: published },
};

const V1 = () => <p>v1</p>;
const Broken = versioned('broken', { v1: V1, v2: () => import('./Broken.js') });
const Good = versioned('good', { v1: V1, v2: () => import('./Good.js') });

function FailsInEffect() {
  useEffect(() => {
    throw new Error('v2 is broken');
  }, []);
  return <p>v2</p>;
}

createRoot(document.querySelector('#app')!, { onCaughtError: () => {} }).render(
  <StrictMode>
    <SwitchbackProvider features={features} url="/api" initial={initial} context={{ targetingKey: 'user-1' }}>
      <section id="inEntry">
        <FeatureGate feature="inEntry" fallback={<p>v1</p>}>
          <FailsInEffect />
        </FeatureGate>
      </section>
      <section id="broken">
        <Broken />
      </section>
      <section id="good">
        <Good />
      </section>
    </SwitchbackProvider>
  </StrictMode>,
);
