import { useId, type ReactNode } from 'react';
import { useFeature, useFeatureConfig, useFeatureDetails, useOverride, useSwitchbackStatus } from 'react-switchback';
import './memoryCard.css';

/** Shows what each hook says of `memoryPanel`. */
export function HookReadings(): ReactNode {
  const id = useId();
  const isOn = useFeature('memoryPanel');
  const { version, reason } = useFeatureDetails('memoryPanel');
  const config = useFeatureConfig('memoryPanel');
  const override = useOverride('memoryPanel');
  const { status, revision } = useSwitchbackStatus();

  return (
    <section className="card" aria-labelledby={id}>
      <h2 className="card-title" id={id}>
        What the hooks say
      </h2>
      <dl className="facts">
        <dt>useFeature</dt>
        <dd>{String(isOn)}</dd>
        <dt>useFeatureDetails</dt>
        <dd>{`${version}, because ${reason}`}</dd>
        <dt>useFeatureConfig</dt>
        <dd>{JSON.stringify(config)}</dd>
        <dt>useOverride</dt>
        <dd>{`${override.version ?? 'none'}, ${override.allowed ? 'allowed' : 'not allowed'}`}</dd>
        <dt>useSwitchbackStatus</dt>
        <dd>{`${status}, ${revision === null ? 'no revision' : `revision ${revision}`}`}</dd>
      </dl>
      {override.allowed ? (
        <p className="card-row">
          <button type="button" onClick={() => override.set('v2')}>
            Force v2
          </button>
          <button type="button" onClick={override.clear}>
            Follow
          </button>
        </p>
      ) : null}
    </section>
  );
}
