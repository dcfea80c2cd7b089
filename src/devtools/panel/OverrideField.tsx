import { useId, useState, type ReactNode } from 'react';
import type { Version } from '../../evaluate/snapshot.js';
import type { PanelProps } from './panelProps.js';

const durations = [
  ['hour', 'for an hour', 3_600_000],
  ['day', 'for a day', 86_400_000],
  ['always', 'until cleared', Infinity],
] as const;

/** Forces a version of a feature, for a while. */
export function OverrideField({ client, inspector, feature }: PanelProps & { readonly feature: string }): ReactNode {
  const id = useId();
  const [duration, setDuration] = useState<string>('day');
  const { version: forced, allowed } = client.getOverride(feature);
  const choose = (version: Version | null): void => {
    const expiresInMs = durations.find(([name]) => name === duration)?.[2];
    if (version === null) inspector.unforce(feature);
    else client.setOverride(feature, version, expiresInMs);
  };
  return (
    <fieldset disabled={!allowed && forced === null}>
      <legend>Force a version{allowed ? '' : ': the policy does not allow it'}</legend>
      <div className="row">
        {([null, 'v1', 'v2'] as const).map((version) => (
          <label key={String(version)}>
            <input type="radio" name={id} checked={forced === version} onChange={() => choose(version)} />{' '}
            {version ?? 'as decided'}
          </label>
        ))}
        <label>
          <span className="unseen">How long</span>
          <select value={duration} onChange={(event) => setDuration(event.target.value)}>
            {durations.map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
    </fieldset>
  );
}
