import type { Decorator } from '@storybook/react-vite';
import { useState, type ReactNode } from 'react';
import { SwitchbackProvider, type Version } from 'react-switchback';
import { systemClock } from 'react-switchback/client';
import { createTestClient, type TestClient, type TestClientOptions } from 'react-switchback/testing';
import { Evidence } from './Evidence.js';
import { HostBoundary } from './HostBoundary.js';

/** What the people on call can do in a story. */
type SceneControl = 'publish' | 'rollBack' | 'mountAgain';

/** The world around a story: one feature, `memoryPanel`, and a client that knows it. */
export interface SceneOptions extends TestClientOptions {
  /** The version that is published; both: the same story twice, side by side. */
  readonly shows: Version | 'both';
  /** What happened to this client before the story begins. */
  readonly before?: (client: TestClient) => void;
  readonly controls?: readonly SceneControl[];
}

/** Sets the scene of a story; null: none, for a story that brings its own. @returns parameters of the story */
export const scene = (options: SceneOptions | null) => ({ scene: { options } });

/** Puts a provider, the host's boundary, the controls and the numbers around a story that has a scene. */
export const withScene: Decorator = (Story, { parameters, globals, id }) => {
  const options = (parameters as Partial<ReturnType<typeof scene>>).scene?.options ?? null;
  if (options === null)
    return (
      <div className="scene">
        <Story />
      </div>
    );
  const { switchback: chosen } = globals;
  const shows = chosen === 'v1' || chosen === 'v2' || chosen === 'both' ? chosen : options.shows;
  if (shows !== 'both')
    return (
      <Scene key={`${id} ${shows}`} options={options} version={shows}>
        {() => <Story />}
      </Scene>
    );
  return (
    <div className="side-by-side">
      {(['v1', 'v2'] as const).map((version) => (
        <Scene key={version} options={options} version={version} caption>
          {() => <Story />}
        </Scene>
      ))}
    </div>
  );
};

interface SceneProps {
  readonly options: SceneOptions;
  readonly version: Version;
  readonly caption?: boolean;
  readonly children: () => ReactNode;
}

function Scene({ options, version, caption = false, children }: SceneProps): ReactNode {
  const [client] = useState(() => prepare(options, version));
  const [mount, setMount] = useState(1);
  const labels: Record<SceneControl, string> = {
    publish: 'Publish v2',
    rollBack: 'Roll back',
    mountAgain: 'Open the panel again',
  };
  const acts: Record<SceneControl, () => void> = {
    publish: () => client.show('memoryPanel', 'v2'),
    rollBack: () => client.rollBack('memoryPanel'),
    mountAgain: () => setMount(mount + 1),
  };
  const controls = options.controls ?? [];

  return (
    <SwitchbackProvider client={client}>
      <div className="scene">
        {caption ? <p className="caption">{version === 'v1' ? 'Users who get v1' : 'Users who get v2'}</p> : null}
        {controls.length === 0 ? null : (
          <div className="controls" role="group" aria-label="Operator">
            {controls.map((control) => (
              <button key={control} type="button" onClick={acts[control]}>
                {labels[control]}
              </button>
            ))}
          </div>
        )}
        <HostBoundary key={mount}>{children()}</HostBoundary>
        <Evidence client={client} name={caption ? `Counted for users of ${version}` : 'Counted'} />
      </div>
    </SwitchbackProvider>
  );
}

function prepare({ config, options, before }: SceneOptions, version: Version): TestClient {
  const client = createTestClient(
    { memoryPanel: version },
    { config, options: { context: { targetingKey: 'user-1' }, settleMs: 300, clock: systemClock, ...options } },
  );
  before?.(client);
  return client;
}
