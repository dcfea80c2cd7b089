// How gates follow decisions: holds, kills, late snapshots, the breaker, overrides.
import { userEvent } from 'vitest/browser';
import { useState, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { FeatureGate, useFeature, useFeatureConfig, useFeatureDetails, VersionSwitcher } from '../../src/index.js';
import { mount, painted } from '../harness/mount.js';
import { rulesSnapshot } from '../harness/snapshot.js';
import { createV1, testClient } from './setup.js';

const V2 = () => <p>v2</p>;
const gate = (feature: 'panel' | 'list' | 'live', v1: ReactNode = <p>v1</p>) => (
  <FeatureGate feature={feature} fallback={v1}>
    <V2 />
  </FeatureGate>
);

describe('a gate', () => {
  test('keeps a late-mounted row on v1 as long as an older row of the feature is on v1', async () => {
    const { Provider, publish } = testClient({ panel: { percentage: 0 } });
    const ui = (rows: number) => (
      <Provider>
        {Array.from({ length: rows }, (_, row) => (
          <div key={row}>{gate('panel')}</div>
        ))}
      </Provider>
    );
    const page = mount(ui(1));
    publish({ panel: { percentage: 100 } });
    page.render(ui(3));
    await vi.waitFor(() => expect(page.text()).toBe('v1v1v1'));
    page.render(ui(0));
    await vi.waitFor(() => expect(page.text()).toBe(''));
    page.render(ui(2));
    await vi.waitFor(() => expect(page.text()).toBe('v2v2'));
  });

  test('shows loading for waitMs while nothing is known, then v1', async () => {
    const { Provider, clock } = testClient(null, { waitMs: 60 });
    const page = mount(
      <Provider>
        <FeatureGate feature="panel" fallback={<p>v1</p>} loading={<p>loading</p>}>
          <V2 />
        </FeatureGate>
      </Provider>,
    );
    expect(page.text()).toBe('loading');
    await clock.advance(59);
    await painted();
    expect(page.text()).toBe('loading');
    await clock.advance(1);
    await painted();
    expect(page.frames).toEqual(['loading', 'v1']);
  });

  test('shows v2 instead of loading when it becomes known in time', async () => {
    const { Provider, publish } = testClient(null, { waitMs: 10_000 });
    const page = mount(
      <Provider>
        <FeatureGate feature="panel" fallback={<p>v1</p>} loading={<p>loading</p>}>
          <V2 />
        </FeatureGate>
      </Provider>,
    );
    await painted();
    expect(page.text()).toBe('loading');
    publish({ panel: {} });
    await painted();
    expect(page.frames).toEqual(['loading', 'v2']);
  });
});

describe('a kill', () => {
  test.each<[string, Record<string, unknown>]>([
    ['a feature in kills', { kills: ['panel'] }],
    ['an emergency', { emergency: { since: '2026-01-01T00:00:00Z' } }],
  ])('by %s is on the screen in the first frame after it', async (_name, rest) => {
    const { Provider, publish } = testClient();
    const { V1 } = createV1();
    const page = mount(<Provider>{gate('panel', <V1 />)}</Provider>);
    await vi.waitFor(() => expect(page.text()).toBe('v2'));

    publish({ panel: {} }, rest);
    await new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));

    expect(page.text()).toBe('v1');
  });

  test('beats an override and a choice in the switcher', async () => {
    const { Provider, publish, client } = testClient({ panel: { percentage: 0 } }, { overrides: { allow: 'all' } });
    client.setOverride('panel', 'v2');
    const page = mount(
      <Provider>
        <VersionSwitcher feature="panel" v1={<p>v1</p>} v2={<V2 />} toggle="always" />
      </Provider>,
    );
    await vi.waitFor(() => expect(page.text()).toContain('v2'));
    publish({ panel: {} }, { kills: ['panel'] });
    await vi.waitFor(() => expect(page.container.querySelector('p')?.textContent).toBe('v1'));
    await userEvent.click(page.container.querySelectorAll('button')[1]!);
    await painted();
    expect(page.container.querySelector('p')?.textContent).toBe('v1');
    expect(client.getDecision('panel').reason).toBe('ROLLED_BACK');
  });

  test('in a snapshot that is rubbish otherwise is applied all the same', async () => {
    const { Provider, client } = testClient();
    const page = mount(<Provider>{gate('panel')}</Provider>);
    expect(() => client.applySnapshot({ schema: 9, kills: ['panel'], features: 'rubbish' })).toThrow(/schema.*9/);
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
  });
});

describe('the breaker', () => {
  test('opens after three incidents, holds v1 without trying, and lets one gate probe after the cool-down', async () => {
    const { Provider, sink, client, clock, fallbacks } = testClient(undefined, {
      breaker: { coolDownMs: 120 },
      random: () => 0,
      settleMs: 60,
    });
    let isBroken = true;
    let renders = 0;
    const Flaky = () => {
      renders++;
      if (isBroken) throw new Error(`broke ${renders}`);
      return <p>v2</p>;
    };
    const ui = (key: number, count = 1) => (
      <Provider>
        {Array.from({ length: count }, (_, at) => (
          <div key={`${key}-${at}`}>
            <FeatureGate feature="panel" fallback={<p>v1</p>}>
              <Flaky />
            </FeatureGate>
          </div>
        ))}
      </Provider>
    );
    const page = mount(ui(0), { strict: false });
    for (const key of [1, 2]) {
      await vi.waitFor(() => expect(fallbacks).toHaveLength(key));
      page.render(ui(key));
    }
    await vi.waitFor(() => expect(client.getDecision('panel').reason).toBe('CIRCUIT_OPEN'));
    expect(sink.counts('v2').failed.render).toBe(3);

    const rendersWhenOpen = renders;
    page.render(ui(3));
    await painted();
    expect(page.text()).toBe('v1');
    expect(renders).toBe(rendersWhenOpen);
    expect(sink.counts('v2').suppressedByBreaker).toBe(1);

    isBroken = false;
    await clock.advance(119);
    expect(client.getDecision('panel').reason).toBe('CIRCUIT_OPEN');
    await clock.advance(1);
    await painted();
    expect(page.text()).toBe('v1');
    page.render(ui(4, 0));
    await painted();
    page.render(ui(5, 3));
    await vi.waitFor(() => expect(page.text()).toBe('v2v1v1'));
    await clock.advance(60);
    page.render(ui(6, 0));
    await painted();
    page.render(ui(7, 3));
    await vi.waitFor(() => expect(page.text()).toBe('v2v2v2'));
  });

  test('leaves a healthy v2 on the screen when it opens', async () => {
    const { Provider, client } = testClient(undefined, { breaker: { incidentLimit: 1 } });
    const page = mount(<Provider>{gate('panel')}</Provider>);
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    client.reportFailure('panel', new Error('elsewhere'));
    expect(client.getDecision('panel').reason).toBe('CIRCUIT_OPEN');
    await painted();
    expect(page.text()).toBe('v2');
  });

  test('counts a list of rows that break over one bad record as one incident', async () => {
    const { Provider, client, fallbacks } = testClient();
    const Bad = () => {
      throw new Error('bad record');
    };
    mount(
      <Provider>
        {Array.from({ length: 20 }, (_, row) => (
          <FeatureGate key={row} feature="panel" fallback={<p>v1</p>}>
            <Bad />
          </FeatureGate>
        ))}
      </Provider>,
    );
    await vi.waitFor(() => expect(fallbacks).toHaveLength(20));
    expect(client.getDecision('panel').reason).toBe('SPLIT');
  });

  test('hears nothing of users with an override, and neither do the tallies', async () => {
    const { Provider, client, sink, fallbacks } = testClient(
      { panel: { percentage: 0 } },
      { breaker: { incidentLimit: 1 }, overrides: { allow: 'all' } },
    );
    client.setOverride('panel', 'v2');
    const Bad = () => {
      throw new Error('broke');
    };
    mount(
      <Provider>
        <FeatureGate feature="panel" fallback={<p>v1</p>}>
          <Bad />
        </FeatureGate>
      </Provider>,
    );
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();
    expect(client.getDecision('panel').reason).toBe('OVERRIDE');
    expect(sink.counts('v2')).toMatchObject({ attempts: 0, exposures: 0, overridden: 1, failed: { render: 0 } });
  });
});

describe('what is counted', () => {
  test('tells an exposure of v1 as a fallback from one by decision', async () => {
    const exposures: unknown[] = [];
    const { Provider } = testClient(undefined, { onExposure: (event) => void exposures.push(event) });
    const Bad = () => {
      throw new Error('broke');
    };
    mount(
      <Provider>
        {gate('list')}
        <FeatureGate feature="panel" fallback={<p>v1</p>}>
          <Bad />
        </FeatureGate>
      </Provider>,
    );
    await vi.waitFor(() => expect(exposures).toHaveLength(2));
    expect(exposures).toEqual([
      { feature: 'list', version: 'v2', reason: 'SPLIT', isFallback: false },
      { feature: 'panel', version: 'v1', reason: 'SPLIT', isFallback: true },
    ]);
  });

  test('is one attempt, exposure and settling per episode of v1 and of v2, also under StrictMode', async () => {
    const { Provider, sink, settle } = testClient({ panel: {}, list: { percentage: 0 } });
    mount(
      <Provider>
        {gate('panel')}
        {gate('list')}
      </Provider>,
    );
    await painted();
    await settle();
    expect(sink.counts('v1')).toMatchObject({ attempts: 1, exposures: 1, settled: 1, aborted: 0 });
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, settled: 1, aborted: 0 });
    expect(sink.observations.map(({ arm }) => arm)).not.toContain('none');
  });

  test('is an abort when the gate goes away before it settled', async () => {
    const { Provider, sink, settle } = testClient();
    const page = mount(<Provider>{gate('panel')}</Provider>);
    await painted();
    page.unmount();
    await settle();
    expect(sink.counts('v2')).toMatchObject({ exposures: 1, settled: 0, aborted: 1 });
  });

  test('puts v1 that is shown for want of a snapshot, held or as a fallback into no arm', async () => {
    const { Provider, sink, publish, settle } = testClient(null);
    mount(<Provider>{gate('panel')}</Provider>);
    publish({ panel: {} });
    await painted();
    await settle();
    expect(sink.counts('v1').exposures).toBe(1);
    expect(sink.observations.map(({ arm }) => arm)).toEqual(sink.observations.map(() => 'none'));
  });
});

describe('hooks', () => {
  test('re-render nothing when a refetch changes nothing, and only their own feature otherwise', async () => {
    const { Provider, publish } = testClient({ panel: {}, list: {} });
    const renders = { panel: 0, list: 0, details: 0, config: 0 };
    const Panel = () => <i>{`${useFeature('panel')}${renders.panel++ < 0}`}</i>;
    const List = () => <i>{`${useFeature('list')}${renders.list++ < 0}`}</i>;
    const Details = () => <i>{`${useFeatureDetails('list').version}${renders.details++ < 0}`}</i>;
    const Config = () => <i>{`${JSON.stringify(useFeatureConfig('list'))}${renders.config++ < 0}`}</i>;
    mount(
      <Provider>
        <Panel />
        <List />
        <Details />
        <Config />
      </Provider>,
      { strict: false },
    );
    await painted();
    expect(renders).toEqual({ panel: 1, list: 1, details: 1, config: 1 });

    publish({ panel: {}, list: {} });
    await painted();
    expect(renders).toEqual({ panel: 1, list: 1, details: 1, config: 1 });

    publish({ panel: {}, list: { percentage: 0 } });
    await painted();
    expect(renders).toEqual({ panel: 1, list: 2, details: 2, config: 1 });

    publish({ panel: {}, list: { percentage: 0, config: { size: 9 } } });
    await painted();
    expect(renders).toEqual({ panel: 1, list: 2, details: 2, config: 2 });
  });
});

describe('VersionSwitcher', () => {
  test('switches by keyboard, says which version is pressed, keeps the focus and remembers the choice', async () => {
    const { Provider, client } = testClient({ panel: { percentage: 0 } }, { overrides: { allow: ['panel'] } });
    const changes: string[] = [];
    const page = mount(
      <Provider>
        <VersionSwitcher
          feature="panel"
          v1={<p>v1</p>}
          v2={<V2 />}
          toggle="allowed"
          labels={{ group: 'Panel version', v1: 'Old', v2: 'New' }}
          onVersionChange={(version) => void changes.push(version)}
        />
      </Provider>,
    );
    const [old, next] = page.container.querySelectorAll('button');
    expect(old!.getAttribute('aria-pressed')).toBe('true');
    await userEvent.tab();
    await userEvent.tab();
    expect(document.activeElement).toBe(next);
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() => expect(page.container.querySelector('p')!.textContent).toBe('v2'));
    expect(document.activeElement).toBe(next);
    expect(next!.getAttribute('aria-pressed')).toBe('true');
    expect(changes).toEqual(['v2']);
    expect(client.getOverride('panel')).toEqual({ version: 'v2', allowed: true });
  });

  test('has no toggle where policy does not allow one, and a local one where everybody may switch', async () => {
    const { Provider, client } = testClient({ panel: { percentage: 0 } }, { overrides: false });
    const ui = (toggle: 'allowed' | 'always') => (
      <Provider>
        <VersionSwitcher feature="panel" v1={<p>v1</p>} v2={<V2 />} toggle={toggle} />
      </Provider>
    );
    const page = mount(ui('allowed'));
    expect(page.container.querySelector('button')).toBeNull();
    page.render(ui('always'));
    await vi.waitFor(() => expect(page.container.querySelectorAll('button')).toHaveLength(2));
    await userEvent.click(page.container.querySelectorAll('button')[1]!);
    await vi.waitFor(() => expect(page.container.querySelector('p')!.textContent).toBe('v2'));
    expect(client.getOverride('panel')).toEqual({ version: null, allowed: false });
  });
});

describe('the context', () => {
  test('of a new user lets go of what was held for the one before', async () => {
    const { Provider, client, publish } = testClient({ panel: { percentage: 50 } });
    const userOn = (version: string) => {
      for (let user = 0; ; user++) {
        client.setContext({ targetingKey: `user-${user}` });
        if (client.getDecision('panel').version === version) return { targetingKey: `user-${user}` };
      }
    };
    const onV2 = userOn('v2');
    client.setContext(userOn('v1'));
    const page = mount(<Provider>{gate('panel')}</Provider>);
    expect(page.text()).toBe('v1');
    client.setContext(onV2);
    await vi.waitFor(() => expect(page.text()).toBe('v2'));

    client.setContext(userOn('v1'));
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
    publish({ panel: { percentage: 100 } });
    await painted();
    expect(page.text()).toBe('v1');
  });

  test('with another attribute of the same user holds on', async () => {
    const { Provider, client } = testClient({ panel: { regions: ['eu'] } });
    const page = mount(<Provider>{gate('panel')}</Provider>);
    client.setContext({ targetingKey: 'user-1', region: 'eu' });
    expect(client.isEnabled('panel')).toBe(true);
    await painted();
    expect(page.text()).toBe('v1');
  });

  test('of a new user decides anew', async () => {
    const rule = { panel: { percentage: 50 } };
    const { client } = testClient(rule);
    const versions = new Set<string>();
    for (let user = 0; user < 20; user++) {
      client.setContext({ targetingKey: `user-${user}` });
      versions.add(client.getDecision('panel').version);
    }
    expect([...versions].sort()).toEqual(['v1', 'v2']);
  });

  test('that a parent writes anew in each render changes nothing', async () => {
    const { SwitchbackProvider } = await import('../../src/index.js');
    const { features } = await import('./setup.js');
    let renders = 0;
    const Reader = () => <i>{`${useFeature('panel')}${renders++ < 0}`}</i>;
    let again = () => {};
    const Parent = ({ children }: { children: ReactNode }) => {
      const [count, setCount] = useState(0);
      again = () => setCount(count + 1);
      return (
        <SwitchbackProvider
          features={features}
          initial={rulesSnapshot({ panel: {} })}
          storage={false}
          context={{ targetingKey: 'user-1' }}
        >
          {children}
        </SwitchbackProvider>
      );
    };
    const page = mount(
      <Parent>
        <Reader />
      </Parent>,
      { strict: false },
    );
    await painted();
    again();
    await painted();
    expect(page.text()).toContain('true');
    expect(renders).toBe(1);
  });
});
