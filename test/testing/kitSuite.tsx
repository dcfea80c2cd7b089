// One suite for every DOM: each test file beside it names its environment.
import { act, cleanup, render, screen } from '@testing-library/react';
import { Component, useState, type ReactNode } from 'react';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  defineFeatures,
  FeatureGate,
  lazyVersion,
  useFallbackBoundary,
  useFeature,
  useFeatureConfig,
  versioned,
} from 'react-switchback';
import { createTestClient, renderBothVersions, TestSwitchback } from 'react-switchback/testing';
import { switchbackMatchers } from 'react-switchback/testing/vitest';
import { expectConsole } from '../harness/expectedConsole.js';

expect.extend(switchbackMatchers);

const gate = (
  <FeatureGate feature="panel" fallback={<p>v1</p>}>
    <p>v2</p>
  </FeatureGate>
);
const Lazy = versioned('panel', { v1: () => <p>v1</p>, v2: async () => ({ default: () => <p>v2</p> }) });
const text = (): string => document.body.textContent ?? '';
const takeConsole = (): void => expectConsole(/.*/s);

export function testKit(): void {
  beforeAll(() => void Reflect.set(globalThis, 'IS_REACT_ACT_ENVIRONMENT', true));
  afterAll(() => void Reflect.deleteProperty(globalThis, 'IS_REACT_ACT_ENVIRONMENT'));
  afterEach(cleanup);

  describe('TestSwitchback', () => {
    test.each(['v1', 'v2'] as const)('shows %s', (version) => {
      render(<TestSwitchback features={{ panel: version }}>{gate}</TestSwitchback>);
      expect(text()).toBe(version);
    });

    test.each(['render', 'effect'] as const)('shows v1 where v2 fails by %s, at once', (failure) => {
      takeConsole();
      render(
        <TestSwitchback features={{ panel: 'v2' }} fail={{ panel: failure }}>
          {gate}
        </TestSwitchback>,
      );
      expect(text()).toBe('v1');
    });

    test.each([gate, <Lazy key="lazy" />])('shows v1 where the code of v2 cannot be loaded', async (ui) => {
      const phases: string[] = [];
      const onFallback = ({ phase }: { phase: string }) => void phases.push(phase);
      render(
        <TestSwitchback features={{ panel: 'v2' }} fail={{ panel: 'load' }} options={{ onFallback }}>
          {ui}
        </TestSwitchback>,
      );
      await act(async () => {});
      expect(text()).toBe('v1');
      expect(phases).toEqual(['load']);
    });

    test('a list of features fails while rendering', () => {
      takeConsole();
      render(
        <TestSwitchback features={{ panel: 'v2' }} fail={['panel']}>
          {gate}
        </TestSwitchback>,
      );
      expect(text()).toBe('v1');
    });

    test.each([
      [gate, 'v1'],
      [<Lazy key="lazy" />, 'v1'],
      [
        <FeatureGate key="loading" feature="panel" fallback="v1" loading="wait">
          v2
        </FeatureGate>,
        'wait',
      ],
    ])('v2 comes after a delay', async (ui, before) => {
      render(
        <TestSwitchback features={{ panel: 'v2' }} delayMs={{ panel: 30 }}>
          {ui}
        </TestSwitchback>,
      );
      expect(text()).toBe(before);
      await screen.findByText('v2');
    });

    test('goes by fake timers where there are some', async () => {
      vi.useFakeTimers();
      onTestFinished(() => void vi.useRealTimers());
      render(
        <TestSwitchback features={{ panel: 'v2' }} delayMs={3_000}>
          {gate}
        </TestSwitchback>,
      );
      await act(() => vi.advanceTimersByTimeAsync(2_999));
      expect(text()).toBe('v1');
      await act(() => vi.advanceTimersByTimeAsync(1));
      expect(text()).toBe('v2');
    });

    test('follows other features, settings and another user', async () => {
      const Size = () => <i>{String(useFeatureConfig('panel')['size'])}</i>;
      const Flag = () => <b>{useFeature('panel') ? 'on' : 'off'}</b>;
      const ui = (version: 'v1' | 'v2', size: number, targetingKey: string) => (
        <TestSwitchback features={{ panel: version }} config={{ panel: { size } }} context={{ targetingKey }}>
          <Flag />
          <Size />
        </TestSwitchback>
      );
      const { rerender } = render(ui('v1', 1, 'ada'));
      expect(text()).toBe('off1');
      rerender(ui('v2', 2, 'grace'));
      expect(text()).toBe('on2');
    });

    test('with `defined`, every other feature is v1 with its own settings', () => {
      const defined = defineFeatures({ panel: { config: { size: 5 } }, other: {} });
      const Size = () => <i>{String(useFeatureConfig('panel')['size'])}</i>;
      render(
        <TestSwitchback defined={defined} features={{ other: 'v2' }}>
          {gate}
          <Size />
        </TestSwitchback>,
      );
      expect(text()).toBe('v15');
    });

    test('a client that the test made', async () => {
      const client = createTestClient({ panel: 'v2' });
      render(<TestSwitchback client={client}>{gate}</TestSwitchback>);
      expect(text()).toBe('v2');
      client.rollBack('panel');
      expect(text()).toBe('v1');
    });

    const known = 'unknown feature "panle"; this test knows other, panel';
    const Unknown = () => <b>{String(useFeature('panle'))}</b>;
    const wrong = (
      <FeatureGate feature="panle" fallback="v1">
        v2
      </FeatureGate>
    );
    test.each([
      ['a hook', <Unknown key="1" />],
      ['a gate', wrong],
      [
        'a gate inside v2, which would only have fallen back',
        <FeatureGate key="2" feature="panel" fallback="v1">
          {wrong}
        </FeatureGate>,
      ],
    ])('%s of an unknown feature fails with the known ones', (_, ui) => {
      takeConsole();
      expect(() => render(<TestSwitchback features={{ panel: 'v2', other: 'v1' }}>{ui}</TestSwitchback>)).toThrow(
        known,
      );
    });

    test.each([
      [{ features: { panel: 'v3' } }, /features\.panel must be "v1" or "v2", found "v3"/],
      [{ features: { panel: 'v2' }, fail: ['panle'] }, /unknown feature "panle"; this test knows panel/],
      [{ features: { panel: 'v2' }, fail: { panel: 'boom' } }, /fail\.panel must be "render" or .*found "boom"/],
      [{ features: { panel: 'v2' }, config: { panle: {} } }, /unknown feature "panle"/],
      [{ features: { panel: 'v2' }, delayMs: -1 }, /delayMs must be ms, 0 to 600000, found -1/],
      [{ features: { panel: 'v2' }, delayMs: { panle: 1 } }, /unknown feature "panle"/],
      [{ features: { panle: 'v2' }, defined: { panel: {} } }, /unknown feature "panle"; this test knows panel/],
    ])('refuses %j', (props, message) => {
      takeConsole();
      expect(() => render(<TestSwitchback {...(props as { features: object })}>{gate}</TestSwitchback>)).toThrow(
        message,
      );
    });
  });

  describe('createTestClient', () => {
    test('its time stands still until it is told to go on', async () => {
      const client = createTestClient({ panel: 'v2' });
      render(<TestSwitchback client={client}>{gate}</TestSwitchback>);
      const kinds = () => client.observations.map(({ kind }) => kind);
      await act(async () => {});
      expect(kinds()).toEqual(['attempt', 'exposure', 'timing']);
      await client.advance(1_999);
      expect(kinds()).not.toContain('settled');
      await client.advance(1);
      expect(kinds()).toContain('settled');
      await expect(client.advance(-1)).rejects.toThrow('0 or more, found -1');
    });

    test('code that comes late, and code that never comes', async () => {
      const client = createTestClient({ panel: 'v2' }, { delayMs: 3_000 });
      render(
        <TestSwitchback client={client}>
          <Lazy />
        </TestSwitchback>,
      );
      await client.advance(2_999);
      expect(client).toShowVersion('panel', 'v1');
      await client.advance(1);
      expect(client).toShowVersion('panel', 'v2');

      const hanging = createTestClient({ panel: 'v2' }, { fail: { panel: 'hang' } });
      render(<TestSwitchback client={hanging}>{gate}</TestSwitchback>);
      await hanging.advance(9_999);
      expect(hanging).not.toHaveFallenBack('panel');
      await hanging.advance(1);
      expect(hanging).toHaveFallenBack('panel');
    });

    test('v2 can fail in the middle of a test and work again', async () => {
      takeConsole();
      const client = createTestClient({ panel: 'v2' }, { fail: ['panel'] });
      const Retry = () => {
        const { reset } = useFallbackBoundary();
        return <button onClick={reset}>again</button>;
      };
      render(
        <TestSwitchback client={client}>
          <FeatureGate feature="panel" fallback={<Retry />}>
            <p>v2</p>
          </FeatureGate>
        </TestSwitchback>,
      );
      expect(client).toHaveFallenBack('panel');
      await act(async () => {});
      client.fail('panel', null);
      await act(async () => screen.getByText('again').click());
      expect(client).toShowVersion('panel', 'v2');
    });

    test('an upgrade is held, and comes to gates that are mounted later', () => {
      const client = createTestClient({ panel: 'v1' });
      const { rerender } = render(<TestSwitchback client={client}>{gate}</TestSwitchback>);
      client.show('panel', 'v2');
      expect(client).toShowVersion('panel', 'v1');
      rerender(<TestSwitchback client={client}>{null}</TestSwitchback>);
      rerender(<TestSwitchback client={client}>{gate}</TestSwitchback>);
      expect(client).toShowVersion('panel', 'v2');
    });

    test('refuses to move a clock that is not its own', async () => {
      const clock = { now: () => 0, after: () => () => {} };
      await expect(createTestClient({}, { options: { clock } }).advance(1)).rejects.toThrow('advance that one');
    });
  });

  describe('the matchers', () => {
    const shown = (...uis: ReactNode[]) => {
      const client = createTestClient({ panel: 'v2', other: 'v1' });
      render(<TestSwitchback client={client}>{uis}</TestSwitchback>);
      return client;
    };
    const Hook = () => <b>{String(useFeature('panel'))}</b>;

    test('toShowVersion sees gates and hooks, and says what is shown', () => {
      expect(shown(<i key="1">{gate}</i>, <Hook key="2" />)).toShowVersion('panel', 'v2');
      expect(() => expect(shown(gate)).toShowVersion('panel', 'v1')).toThrow('panel shows v2; expected: v1');
      expect(() => expect(shown(gate)).not.toShowVersion('panel', 'v2')).toThrow('panel shows v2');
      expect(() => expect(shown(gate)).toShowVersion('other', 'v1')).toThrow('other: nothing on the page asks for it');
      expect(() => expect(shown(gate)).toShowVersion('panle', 'v1')).toThrow('this test knows other, panel');
      expect(() => expect(document.body).toShowVersion('panel', 'v1')).toThrow('takes what createTestClient returned');
    });

    test('a placeholder is neither version', () => {
      const client = createTestClient({ panel: 'v2' }, { delayMs: 10 });
      render(
        <TestSwitchback client={client}>
          <FeatureGate feature="panel" fallback="v1" loading="wait">
            v2
          </FeatureGate>
        </TestSwitchback>,
      );
      expect(client.onScreen('panel')).toEqual(['loading']);
      expect(client).not.toShowVersion('panel', 'v1');
    });

    test('toHaveFallenBack stays true when the gate has gone', async () => {
      takeConsole();
      expect(() => expect(shown(gate)).toHaveFallenBack('panel')).toThrow('panel has not fallen back; it shows v2');
      const client = createTestClient({ panel: 'v2' }, { fail: ['panel'] });
      const { unmount } = render(<TestSwitchback client={client}>{gate}</TestSwitchback>);
      expect(client).toHaveFallenBack('panel');
      await act(async () => {});
      unmount();
      expect(client).toHaveFallenBack('panel');
      expect(() => expect(client).not.toHaveFallenBack('panel')).toThrow('fails on purpose (fail: "render")');
    });
  });

  describe('renderBothVersions', () => {
    test('runs a test against v1 and v2, each in a render of its own', async () => {
      const seen: string[] = [];
      const Counter = () => {
        const [count] = useState(() => seen.length);
        return <i>{count}</i>;
      };
      const ui = (
        <>
          {gate}
          <Counter />
        </>
      );
      await renderBothVersions(ui, { feature: 'panel', render }, ({ version, rendered }) => {
        expect(rendered.container.textContent).toContain(version);
        seen.push(`${version} ${text()}`);
      });
      expect(seen).toEqual(['v1 v10', 'v2 v21']);
      expect(text()).toBe('');
    });

    test('takes a function of the version, settings and other features', async () => {
      const versions: string[] = [];
      await renderBothVersions(
        (version) => {
          versions.push(version);
          return gate;
        },
        { feature: 'panel', render, versions: { other: 'v2' } },
        ({ client }) => expect(client.isEnabled('other')).toBe(true),
      );
      expect(versions).toEqual(['v1', 'v2']);
    });

    test('says which version a test fails with', async () => {
      const check = () => expect(text()).toBe('v1');
      await expect(renderBothVersions(gate, { feature: 'panel', render }, check)).rejects.toThrow(/^with v2: /);
    });

    test.each([
      [
        'fails',
        gate,
        ['panel'],
        /^with v2: .*v2 of panel was not what the test saw; it failed: v2 of panel fails on purpose/,
      ],
      ['is asked for by nothing', <p key="1">text</p>, [], /^with v1: .*does anything ask for it/],
    ])('a test does not pass where v2 %s', async (_, ui, fail, message) => {
      takeConsole();
      await expect(renderBothVersions(ui, { feature: 'panel', render, fail }, () => {})).rejects.toThrow(message);
    });

    test('a lazy v2 counts once the test has waited for it', async () => {
      const LazyPanel = lazyVersion(async () => ({ default: () => <p>v2</p> }));
      const ui = (
        <FeatureGate feature="panel" fallback={<p>v1</p>}>
          <LazyPanel />
        </FeatureGate>
      );
      await renderBothVersions(ui, { feature: 'panel', render }, async ({ version }) => {
        await screen.findByText(version);
      });
      await expect(renderBothVersions(ui, { feature: 'panel', render }, () => {})).rejects.toThrow(/did the test wait/);
    });
  });

  test("v1's own error goes to the host's boundary", () => {
    takeConsole();
    class Boundary extends Component<{ readonly children: ReactNode }> {
      override state = { failed: false };
      static getDerivedStateFromError = () => ({ failed: true });
      override render() {
        return this.state.failed ? 'host' : this.props.children;
      }
    }
    const Broken = () => {
      throw new Error('v1 broke');
    };
    render(
      <Boundary>
        <TestSwitchback features={{ panel: 'v1' }}>
          <FeatureGate feature="panel" fallback={<Broken />}>
            v2
          </FeatureGate>
        </TestSwitchback>
      </Boundary>,
    );
    expect(text()).toBe('host');
  });
}
