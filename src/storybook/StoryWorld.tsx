import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { EvaluationContext } from '../evaluate/snapshot.js';
import { SwitchbackProvider } from '../render/SwitchbackProvider.js';
import { storyEvents, type StoryReport } from './report.js';
import { createStoryClient } from './storyClient.js';
import type { Side, StoryFeature } from './storyFeatures.js';

/** The part of Storybook's channel that a story uses. */
export interface StoryChannel {
  emit(event: string, ...values: unknown[]): void;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
}

export interface StoryWorldProps {
  readonly storyId: string;
  readonly side: Side;
  readonly features: readonly StoryFeature[];
  readonly context: EvaluationContext;
  /** Null: nobody listens, as on a documentation page. */
  readonly channel: StoryChannel | null;
  readonly children: ReactNode;
}

// A story that counts something in every frame must not flood the panel.
const reportEveryMs = 50;

/** The features around a story. Another failure needs another world: gates do not forget. */
export function StoryWorld(props: StoryWorldProps): ReactNode {
  const { channel, features } = props;
  const [start, setStart] = useState(0);
  useEffect(() => {
    const startOver = (): void => setStart((before) => before + 1);
    channel?.on(storyEvents.startOver, startOver);
    return () => channel?.off(storyEvents.startOver, startOver);
  }, [channel]);
  const faults = features.map(({ feature, failure, delayMs }) => [feature, failure, delayMs]);
  return <RunningWorld key={JSON.stringify([start, faults])} {...props} />;
}

function RunningWorld({ storyId, side, features, context, channel, children }: StoryWorldProps): ReactNode {
  const [world] = useState(() => createStoryClient({ features, context, hangs: channel === null }));
  const [mount, setMount] = useState(0);
  const published = JSON.stringify([features, context]);
  const applied = useRef(published);

  useEffect(() => {
    if (applied.current === published) return;
    applied.current = published;
    world.apply(features, context);
  }, [world, features, context, published]);
  useEffect(() => () => world.client.close(), [world]);

  useEffect(() => {
    if (channel === null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const report = (): void => {
      timer = undefined;
      const told: StoryReport = { storyId, side, context, features: world.features(), log: world.log() };
      channel.emit(storyEvents.report, told);
    };
    const soon = (): void => void (timer ??= setTimeout(report, reportEveryMs));
    const mountAgain = (): void => setMount((before) => before + 1);
    const stop = world.subscribe(soon);
    channel.on(storyEvents.ask, soon);
    channel.on(storyEvents.mountAgain, mountAgain);
    soon();
    return () => {
      clearTimeout(timer);
      stop();
      channel.off(storyEvents.ask, soon);
      channel.off(storyEvents.mountAgain, mountAgain);
    };
  }, [channel, world, storyId, side, context]);

  return (
    <SwitchbackProvider key={mount} client={world.client}>
      {children}
    </SwitchbackProvider>
  );
}
