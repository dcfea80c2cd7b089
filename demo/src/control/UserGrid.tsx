import { useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useValue } from '../data/valueStore.js';
import { featureNames, type DemoFeature } from '../features.js';
import { publishedStore } from './published.js';
import { decideForAll, isWithin, users, userStore } from './users.js';

const columns = 10;

export interface UserGridProps {
  readonly feature: DemoFeature;
  /** Shown as an outline: who would be next. */
  readonly draft: number | null;
}

/** A hundred users and the version each of them gets. */
export function UserGrid({ feature, draft }: UserGridProps): ReactNode {
  const snapshot = useValue(publishedStore);
  const user = useValue(userStore);
  const decisions = useMemo(() => decideForAll(snapshot, feature), [snapshot, feature]);
  const [focused, setFocused] = useState(() => Math.max(0, users.indexOf(user)));
  const grid = useRef<HTMLDivElement>(null);
  const onV2 = decisions.filter(({ enabled }) => enabled).length;

  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    const edge = { Home: 0, End: users.length - 1 }[event.key];
    const next = edge ?? (step === undefined ? undefined : focused + step);
    if (next === undefined) return;
    event.preventDefault();
    if (next < 0 || next >= users.length) return;
    setFocused(next);
    grid.current?.querySelectorAll('button')[next]?.focus();
  };

  return (
    <section className="users" aria-labelledby="users-title">
      <div className="section-head">
        <h3 id="users-title">100 users</h3>
        <p role="status" data-testid="grid-summary">
          {featureNames[feature]}: {onV2} on v2, {users.length - onV2} on v1
        </p>
      </div>
      <div ref={grid} className="user-grid" role="group" aria-label="Be this user; arrow keys move" onKeyDown={move}>
        {users.map((name, at) => {
          const decision = decisions[at];
          const version = decision?.version ?? 'v1';
          const wouldBe = draft === null ? version : isWithin(feature, name, draft) ? 'v2' : 'v1';
          return (
            <button
              key={name}
              type="button"
              className="user-cell"
              data-version={version}
              data-would={wouldBe === version ? undefined : wouldBe}
              aria-pressed={name === user}
              aria-label={`${name}: ${version}, ${decision?.reason ?? 'DEFAULT'}`}
              title={`${name}: ${version} (${decision?.reason ?? 'DEFAULT'})`}
              tabIndex={at === focused ? 0 : -1}
              onClick={() => {
                setFocused(at);
                userStore.set(name);
              }}
            >
              {at + 1}
            </button>
          );
        })}
      </div>
      <p className="legend">
        <span className="swatch" data-version="v1" /> v1 <span className="swatch" data-version="v2" /> v2{' '}
        <span className="swatch" data-me="" /> you
      </p>
    </section>
  );
}
