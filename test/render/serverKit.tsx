// What the server tests render. Bundled once for each React, so it brings everything that touches one along.
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ComponentType, ReactNode } from 'react';
import * as React from 'react';
import { renderToPipeableStream, renderToString } from 'react-dom/server';
import { renderToReadableStream } from 'react-dom/server.browser';
import { FallbackBoundary, FeatureGate, lazyVersion, SwitchbackProvider, useFeatureDetails } from '../../src/index.js';
import { versioned, VersionSwitcher, type SwitchbackOptions } from '../../src/index.js';
import { getDecisions, preload } from '../../src/rsc/index.js';
import { defineFeatures } from '../../src/features.js';
import { recordingSink } from '../harness/recordingSink.js';
import { rulesSnapshot } from '../harness/snapshot.js';

export const reactVersion = React.version;

/** What a server got out of a page. */
export interface Rendered {
  /** Empty where there was an error of the shell: nothing can be sent then. */
  readonly html: string;
  /** Errors React told of and lived with. */
  readonly errors: readonly unknown[];
  readonly shellErrors: readonly unknown[];
}

/** @param abortAfterMs ends what is still pending so long after the shell was there */
export type Render = (ui: ReactNode, abortAfterMs?: number) => Promise<Rendered>;

export const renderers: Readonly<Record<'string' | 'pipeable' | 'readable', Render>> = {
  async string(ui) {
    try {
      return { html: renderToString(ui), errors: [], shellErrors: [] };
    } catch (error) {
      return { html: '', errors: [], shellErrors: [error] };
    }
  },
  pipeable: (ui, abortAfterMs) =>
    new Promise((resolve) => {
      const errors: unknown[] = [];
      const sink = new PassThrough();
      const { pipe, abort } = renderToPipeableStream(ui, {
        onError: (error) => void errors.push(error),
        onShellError: (error) => resolve({ html: '', errors, shellErrors: [error] }),
        onShellReady: () => {
          pipe(sink);
          if (abortAfterMs !== undefined) setTimeout(abort, abortAfterMs);
          void text(sink).then((html) => resolve({ html, errors, shellErrors: [] }));
        },
      });
    }),
  async readable(ui, abortAfterMs) {
    const errors: unknown[] = [];
    const leaving = new AbortController();
    try {
      const onError = (error: unknown) => void errors.push(error);
      const stream = await renderToReadableStream(ui, { onError, signal: leaving.signal });
      if (abortAfterMs !== undefined) setTimeout(() => leaving.abort(), abortAfterMs);
      return { html: await new Response(stream).text(), errors, shellErrors: [] };
    } catch (error) {
      return { html: '', errors, shellErrors: [error] };
    }
  },
};

const features = defineFeatures({ panel: {}, list: {} });
const on = rulesSnapshot({ panel: {}, list: { percentage: 0 } });

/** Everything of one request. */
export function request(options: Partial<SwitchbackOptions> = {}) {
  const sink = recordingSink();
  const faults: unknown[] = [];
  const Provider = ({ children }: { children: ReactNode }) => (
    <SwitchbackProvider
      features={features}
      initial={on}
      context={{ targetingKey: 'user-1' }}
      sinks={[sink]}
      onInternalFault={(...fault) => void faults.push(fault)}
      {...options}
    >
      {children}
    </SwitchbackProvider>
  );
  const page = (gate: ReactNode) => (
    <Provider>
      <main>
        <b>before</b>
        {gate}
        <i>after</i>
      </main>
    </Provider>
  );
  return { sink, faults, page };
}

const V1 = () => <p>v1</p>;
const V2 = () => <p>v2</p>;
const loading = <p>loading</p>;
const thrower = (error: unknown) => () => {
  throw error;
};

/** The faces with a v2 that is there. */
export const eagerFaces: Readonly<Record<string, (v1: ComponentType, v2: ComponentType) => ReactNode>> = {
  FeatureGate: (One, Two) => (
    <FeatureGate feature="panel" fallback={<One />} loading={loading}>
      <Two />
    </FeatureGate>
  ),
  VersionSwitcher: (One, Two) => <VersionSwitcher feature="panel" v1={<One />} v2={<Two />} loading={loading} />,
  FallbackBoundary: (One, Two) => (
    <FallbackBoundary fallback={<One />} loading={loading}>
      <Two />
    </FallbackBoundary>
  ),
};

type Load = () => Promise<{ readonly default: ComponentType }>;

/** The faces with a v2 that is loaded, and what to preload. */
export const lazyFaces: Readonly<
  Record<string, (v1: ComponentType, load: Load) => { gate: ReactNode; preloadable: { preload(): Promise<void> } }>
> = {
  FeatureGate: (One, load) => {
    const Lazy = lazyVersion(load);
    const gate = (
      <FeatureGate feature="panel" fallback={<One />} loading={loading}>
        <Lazy />
      </FeatureGate>
    );
    return { gate, preloadable: Lazy };
  },
  'FeatureGate, deeper inside': (One, load) => {
    const Lazy = lazyVersion(load);
    const gate = (
      <FeatureGate feature="panel" fallback={<One />} loading={loading}>
        <section>
          <Lazy />
        </section>
      </FeatureGate>
    );
    return { gate, preloadable: Lazy };
  },
  VersionSwitcher: (One, load) => {
    const Lazy = lazyVersion(load);
    return { gate: <VersionSwitcher feature="panel" v1={<One />} v2={<Lazy />} />, preloadable: Lazy };
  },
  versioned: (One, load) => {
    const Panel = versioned('panel', { v1: One, v2: load, loading });
    return { gate: <Panel />, preloadable: Panel };
  },
};

/** Preloads as a server does before it renders. */
export async function preloadPanel(preloadable: { preload(): Promise<void> }, snapshot: unknown = on) {
  const faults: unknown[] = [];
  const decisions = getDecisions(features, snapshot, { targetingKey: 'user-1' });
  await preload(decisions, { panel: preloadable }, { onInternalFault: (_, error) => void faults.push(error) });
  return faults;
}

/** A page of one user that waits in the middle, so that another request is rendered meanwhile. */
export function slowPageOf(user: string, waitMs: number): ReactNode {
  const snapshot = rulesSnapshot({ panel: { percentage: 50 }, list: { percentage: 50 } });
  const Mine = versioned('list', {
    v1: () => <u>list v1 of {user}</u>,
    v2: async () => {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      return { default: () => <Details feature="list" /> };
    },
  });
  const { page } = request({ initial: snapshot, context: { targetingKey: user } });
  return page(
    <>
      <Details feature="panel" />
      <FeatureGate feature="panel" fallback={`panel v1 of ${user}`}>
        {({ bucket }) => `panel v2 of ${user} ${bucket}`}
      </FeatureGate>
      <Mine />
    </>,
  );
}

function Details({ feature }: { feature: 'panel' | 'list' }) {
  const { version, bucket } = useFeatureDetails(feature);
  return <em>{`${feature} ${version} ${bucket}`}</em>;
}

export const versions = { V1, V2, thrower, load: (): Load => async () => ({ default: V2 }) };
