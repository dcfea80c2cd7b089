// Comes in: a story's parameters and globals. Goes out: the story with its features around it, once or side by side. Who calls: Storybook.
import type { CSSProperties, ComponentType, ReactNode } from 'react';
import { addons } from 'storybook/preview-api';
import type { Version } from '../evaluate/snapshot.js';
import { readEdits } from './edits.js';
import { readParameters } from './parameters.js';
import { editsGlobal, modeGlobal, parameterName } from './report.js';
import { readMode, storyContext, storyFeatures, type Side } from './storyFeatures.js';
import { StoryWorld } from './StoryWorld.js';

/** What a decorator is told of its story. */
export interface DecoratedStory {
  readonly id: string;
  readonly viewMode?: string | undefined;
  readonly globals: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Puts the features of `parameters.switchback` around a story; one that has none is left alone. */
export function withSwitchback(Story: ComponentType, { id, viewMode, globals, parameters }: DecoratedStory): ReactNode {
  const given = readParameters(parameters[parameterName]);
  if (given === null) return <Story />;
  const mode = readMode(globals[modeGlobal]);
  const edits = readEdits(globals[editsGlobal]);
  const channel = viewMode === 'docs' || !addons.hasChannel() ? null : addons.getChannel();
  const context = storyContext(given, edits);

  const world = (side: Side, forced: Version | undefined): ReactNode => (
    <StoryWorld
      key={`${id} ${side}`}
      {...{ storyId: id, side, context, channel }}
      features={storyFeatures(given, forced, edits)}
    >
      <Story />
    </StoryWorld>
  );
  if (mode !== 'both') return world('story', mode === 'decided' ? undefined : mode);
  return (
    <div style={sides}>
      {(['v1', 'v2'] as const).map((version) => (
        <div key={version} role="group" aria-label={`Version ${version}`}>
          <div style={caption}>{version}</div>
          {world(version, version)}
        </div>
      ))}
    </div>
  );
}

const sides: CSSProperties = {
  display: 'grid',
  gridTemplateColumns: 'repeat(auto-fit, minmax(min(22rem, 100%), 1fr))',
  gap: 16,
  alignItems: 'start',
};
// Readable on any ground of the host's.
const caption: CSSProperties = {
  display: 'inline-block',
  margin: '8px 8px 0',
  padding: '2px 8px',
  borderRadius: 4,
  font: '600 12px/1.5 system-ui, sans-serif',
  color: '#fff',
  background: '#334155',
};
