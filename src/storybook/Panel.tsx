/** @jsxRuntime classic */
import * as React from 'react';
import { useChannel, useGlobals, useStorybookState } from 'storybook/manager-api';
import { useTheme, type StorybookTheme } from 'storybook/theming';
import { encodeEdits, readEdits, type Edits, type FeatureEdit } from './edits.js';
import { EventLog } from './EventLog.js';
import { FeaturePanel } from './FeaturePanel.js';
import { panelStyles } from './panelStyles.js';
import { editsGlobal, modeGlobal, storyEvents, type StoryReport } from './report.js';
import { readMode } from './storyFeatures.js';
import { UserBar } from './UserBar.js';

const { useEffect, useState } = React;

/** The addon's panel: the features of the story, and everything that can be done to them. */
export function Panel(): React.ReactElement {
  const [globals, updateGlobals, storyGlobals] = useGlobals();
  const { storyId } = useStorybookState();
  const { base } = useTheme() as StorybookTheme;
  const [told, setTold] = useState<readonly StoryReport[]>([]);
  const emit = useChannel(
    {
      [storyEvents.report]: (report: StoryReport) =>
        setTold((before) => [...before.filter((other) => isOther(other, report)), report]),
    },
    [],
  );
  useEffect(() => emit(storyEvents.ask), [emit]);

  const mode = readMode(globals[modeGlobal]);
  const sides = mode === 'both' ? ['v1', 'v2'] : ['story'];
  const reports = sides.flatMap((side) => told.filter((report) => report.storyId === storyId && report.side === side));
  const edits = readEdits(globals[editsGlobal]);
  const pinned = [modeGlobal, editsGlobal].filter((name) => Object.hasOwn(storyGlobals, name));
  const arePinned = pinned.includes(editsGlobal);
  const publish = (next: Edits): void => updateGlobals({ [editsGlobal]: encodeEdits(next) });
  const edit = (feature: string, next: FeatureEdit): void =>
    publish({ ...edits, features: new Map(edits.features).set(feature, next) });

  const [first] = reports;
  return (
    <section className="switchback-panel" data-theme={base} aria-label="Versions">
      <style>{panelStyles}</style>
      {first === undefined ? (
        <p>
          This story has no features. Name them in <code>parameters.switchback.features</code>, of the story or of the
          whole project.
        </p>
      ) : (
        <>
          <UserBar
            user={String(first.context.targetingKey ?? '')}
            isEdited={edits.user !== undefined || edits.features.size > 0}
            isPinned={arePinned}
            onUser={(user) => publish({ ...edits, user: user === '' ? undefined : user })}
            onMountAgain={() => emit(storyEvents.mountAgain)}
            onStartOver={() => emit(storyEvents.startOver)}
            onReset={() => publish({ features: new Map() })}
          />
          {pinned.length === 0 ? null : (
            <p className="notice">
              <strong>Pinned by story.</strong>{' '}
              {pinned.includes(modeGlobal) ? 'The toolbar’s version has no effect here. ' : ''}
              {arePinned ? 'What is chosen below is fixed by the story’s globals.' : ''}
            </p>
          )}
          {first.features.map((feature) => (
            <FeaturePanel
              key={`${storyId} ${feature.feature}`}
              feature={feature}
              shown={reports.flatMap(({ side, features }) =>
                features.filter((other) => other.feature === feature.feature).map((report) => ({ side, report })),
              )}
              edit={edits.features.get(feature.feature) ?? {}}
              isPinned={arePinned}
              onEdit={(next) => edit(feature.feature, next)}
            />
          ))}
          <EventLog reports={reports} />
        </>
      )}
    </section>
  );
}

const isOther = (a: StoryReport, b: StoryReport): boolean => a.storyId === b.storyId && a.side !== b.side;
