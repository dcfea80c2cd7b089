import { DocsContext, useOf, type Of } from '@storybook/addon-docs/blocks';
import { useContext, useEffect, useRef, type CSSProperties, type ReactNode } from 'react';
import { everyFeature, encodeEdits, type FeatureEdit } from './edits.js';
import { editsGlobal, modeGlobal } from './report.js';

/** Whose versions are shown. */
export interface VersionsProps {
  /** A story whose `parameters.switchback` name its features; default: the first one of the page. */
  readonly of?: Of;
}

const states: readonly { readonly name: string; readonly mode: 'v1' | 'v2'; readonly edit: FeatureEdit }[] = [
  { name: 'v1', mode: 'v1', edit: { fail: 'none', delayMs: 0 } },
  { name: 'v2', mode: 'v2', edit: { fail: 'none', delayMs: 0 } },
  { name: 'v2 is loading', mode: 'v2', edit: { fail: 'hang', delayMs: 0 } },
  { name: 'v2 failed', mode: 'v2', edit: { fail: 'render', delayMs: 0 } },
];

/** A docs block: one story in every state that its versions can be in. */
export function Versions({ of }: VersionsProps): ReactNode {
  const { story } = useOf(of ?? 'story', ['story']);
  return (
    <div style={grid} role="group" aria-label={`Versions of ${story.name}`}>
      {states.map((state) => (
        <figure key={state.name} style={frame}>
          <figcaption style={title}>{state.name}</figcaption>
          <Rendered story={story} state={state} />
        </figure>
      ))}
    </div>
  );
}

type PreparedStory = ReturnType<typeof useOf<'story'>>['story'];

function Rendered({
  story,
  state,
}: {
  readonly story: PreparedStory;
  readonly state: (typeof states)[number];
}): ReactNode {
  const context = useContext(DocsContext);
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = element;
    if (current === null) return undefined;
    const { mode, edit } = state;
    const storyGlobals = {
      ...story.storyGlobals,
      [modeGlobal]: mode,
      [editsGlobal]: encodeEdits({ features: new Map([[everyFeature, edit]]) }),
    };
    const showError = (text: string): void => current.replaceChildren(text);
    const remove = context.renderStoryToElement(
      { ...story, storyGlobals },
      current,
      {
        showMain: () => {},
        showError: ({ title: name, description }) => showError(`${name}: ${description}`),
        showException: (error) => showError(String(error)),
      },
      { autoplay: false, forceInitialArgs: true },
    );
    return () => void remove();
  }, [context, story, state]);
  return <div ref={element} className="sb-unstyled" data-story={state.name} />;
}

const grid: CSSProperties = {
  display: 'grid',
  gridTemplateColumns: 'repeat(auto-fit, minmax(min(22rem, 100%), 1fr))',
  gap: 16,
  margin: '16px 0',
};
const frame: CSSProperties = { margin: 0, border: '1px solid #8593a1', borderRadius: 6, overflow: 'auto' };
const title: CSSProperties = {
  padding: '4px 10px',
  font: '600 12px/1.5 system-ui, sans-serif',
  color: '#fff',
  background: '#334155',
};
