// Rendering on a server, where boundaries do nothing and effects never run.
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ReactNode } from 'react';
import { renderToPipeableStream, renderToString } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { FeatureGate, lazyVersion, versioned, VersionSwitcher } from '../../src/index.js';
import { testClient } from './setup.js';

const Broken = () => {
  throw new Error('v2 broke on the server');
};

async function stream(ui: ReactNode): Promise<{ html: string; errors: unknown[]; shellErrors: unknown[] }> {
  const errors: unknown[] = [];
  const shellErrors: unknown[] = [];
  const html = await new Promise<string>((resolve) => {
    const sink = new PassThrough();
    const { pipe } = renderToPipeableStream(ui, {
      onError: (error) => void errors.push(error),
      onShellError: (error) => {
        shellErrors.push(error);
        resolve('');
      },
      onAllReady: () => {
        pipe(sink);
        text(sink).then(resolve, () => resolve(''));
      },
    });
  });
  return { html, errors, shellErrors };
}

// React's markers say what the client does with a part; what people see is the rest.
const seen = (html: string) => html.replace(/<template[^>]*><\/template>|<!--[^>]*-->/g, '');

describe('34: a v2 that throws on the server', () => {
  const ui = (Provider: (props: { children: ReactNode }) => ReactNode) => (
    <Provider>
      <main>
        <FeatureGate feature="panel" fallback={<p>v1</p>} loading={<p>loading</p>}>
          <Broken />
        </FeatureGate>
        <p>sibling</p>
      </main>
    </Provider>
  );

  test('gives the HTML of v1 in a string, not an error and not a spinner', () => {
    const { Provider, sink } = testClient();
    const html = renderToString(ui(Provider));
    expect(seen(html)).toBe('<main><p>v1</p><p>sibling</p></main>');
    expect(html).toContain('<!--$!-->');
    expect(sink.observations).toEqual([]);
  });

  test('gives the HTML of v1 in a stream, without an error of the shell', async () => {
    const { Provider } = testClient();
    const { html, errors, shellErrors } = await stream(ui(Provider));
    expect(seen(html)).toContain('<p>v1</p><p>sibling</p>');
    expect(html).not.toContain('loading');
    expect(errors).toHaveLength(1);
    expect(shellErrors).toEqual([]);
  });
});

describe('on a server', () => {
  const V2 = () => <p>v2</p>;

  test('the first paint is right with the initial snapshot', () => {
    const { Provider } = testClient({ panel: {}, list: { percentage: 0 } });
    const html = renderToString(
      <Provider>
        <FeatureGate feature="panel" fallback={<p>panel v1</p>}>
          <V2 />
        </FeatureGate>
        <VersionSwitcher feature="list" v1={<p>list v1</p>} v2={<V2 />} />
      </Provider>,
    );
    expect(seen(html)).toBe('<p>v2</p><p>list v1</p>');
  });

  test('a lazy v2 is streamed as v2, and rendered as v2 in a string once it was preloaded', async () => {
    const { Provider } = testClient();
    const Panel = versioned('panel', { v1: () => <p>v1</p>, v2: async () => ({ default: V2 }) });
    const ui = (
      <Provider>
        <Panel />
      </Provider>
    );
    expect(seen(renderToString(ui))).toBe('<p>v1</p>');
    const { html } = await stream(ui);
    expect(html).toContain('<p>v2</p>');
    await Panel.preload();
    expect(seen(renderToString(ui))).toBe('<p>v2</p>');
  });

  test('a lazy v2 that cannot be loaded gives the HTML of v1', async () => {
    const { Provider } = testClient();
    const Missing = lazyVersion<object>(async () => {
      throw new Error('404');
    });
    const { html, shellErrors } = await stream(
      <Provider>
        <FeatureGate feature="panel" fallback={<p>v1</p>}>
          <Missing />
        </FeatureGate>
      </Provider>,
    );
    expect(seen(html)).toContain('<p>v1</p>');
    expect(shellErrors).toEqual([]);
  });
});
