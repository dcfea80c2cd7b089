import { Component, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { FeatureGate, SwitchbackProvider } from 'react-switchback';
import { expect, onTestFinished, test, vi } from 'vitest';
import { rulesSnapshot } from '../harness/snapshot.js';
import { reportTo } from './sentry.js';

class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError = () => ({ failed: true });
  override render() {
    return this.state.failed ? 'failed' : this.props.children;
  }
}

const thrower = (error: unknown) => () => {
  throw error;
};

test('the Sentry recipe sends what a gate caught once, tagged, and the host’s own errors once', async () => {
  const sentry = { captureException: vi.fn(() => 'id'), setTag: vi.fn() };
  const { provider, root: options } = reportTo(sentry);
  const container = document.createElement('div');
  document.body.append(container);
  const root = createRoot(container, options);
  onTestFinished(() => {
    root.unmount();
    container.remove();
  });
  const [bad, own] = [new Error('v2 broke'), new Error('the host broke')];
  const [Bad, Own] = [thrower(bad), thrower(own)];
  root.render(
    <SwitchbackProvider
      features={{ panel: {}, list: {} }}
      initial={rulesSnapshot({ panel: {}, list: {} })}
      context={{ targetingKey: 'user-1' }}
      storage={false}
      {...provider}
    >
      <FeatureGate feature="panel" fallback={<p>v1</p>}>
        <Bad />
      </FeatureGate>
      <FeatureGate feature="list" fallback={<p>v1</p>}>
        <p>v2</p>
      </FeatureGate>
      <Boundary>
        <Own />
      </Boundary>
    </SwitchbackProvider>,
  );
  await vi.waitFor(() => expect(sentry.setTag).toHaveBeenCalledTimes(2));
  await vi.waitFor(() => expect(sentry.captureException).toHaveBeenCalledTimes(2));
  expect(container.textContent).toBe('v1v2failed');
  expect(sentry.captureException).toHaveBeenCalledWith(bad, {
    tags: { feature: 'panel', version: 'v2', phase: 'render' },
    contexts: { react: { componentStack: expect.any(String) } },
  });
  expect(sentry.captureException).toHaveBeenCalledWith(own, {
    contexts: { react: { componentStack: expect.stringContaining('Boundary') } },
  });
  expect(sentry.setTag.mock.calls.sort()).toEqual([
    ['switchback.list', 'v2'],
    ['switchback.panel', 'v1'],
  ]);
});
