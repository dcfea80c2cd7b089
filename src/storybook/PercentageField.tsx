/** @jsxRuntime classic */
import * as React from 'react';
import { bucketOf } from '../evaluate/bucket.js';

const { useEffect, useId, useMemo, useState } = React;

export interface PercentageFieldProps {
  readonly feature: string;
  readonly percentage: number;
  readonly isDisabled: boolean;
  onChange(percentage: number): void;
}

const users = Array.from({ length: 100 }, (_, at) => `user-${at + 1}`);

/** A percentage, and which of a hundred users get v2 at it. */
export function PercentageField({
  feature,
  percentage,
  isDisabled,
  onChange,
}: PercentageFieldProps): React.ReactElement {
  const id = useId();
  const [draft, setDraft] = useState(percentage);
  useEffect(() => setDraft(percentage), [percentage]);
  const buckets = useMemo(() => users.map((user) => bucketOf(feature, user)), [feature]);
  const change = (text: string): void => {
    const next = Math.min(100, Math.max(0, Number(text)));
    if (Number.isNaN(next)) return;
    setDraft(next);
    onChange(next);
  };
  const isIn = (bucket: number): boolean => bucket < Math.round(draft * 100);
  const count = buckets.filter(isIn).length;

  return (
    <fieldset disabled={isDisabled}>
      <legend>Percentage of users who get v2</legend>
      <div className="percentage">
        <input
          type="range"
          aria-label={`Percentage of ${feature}`}
          min={0}
          max={100}
          value={draft}
          onChange={(event) => change(event.target.value)}
        />
        <input
          type="number"
          aria-label={`Percentage of ${feature}, as a number`}
          min={0}
          max={100}
          step="any"
          value={draft}
          onChange={(event) => change(event.target.value)}
        />
        %
      </div>
      <p id={id} className="count">
        {count} of 100 users (user-1 to user-100) get v2
      </p>
      <div className="users" role="img" aria-labelledby={id}>
        {buckets.map((bucket, at) => (
          <span key={at} className={isIn(bucket) ? 'in' : 'out'} title={`${users[at]}: bucket ${bucket / 100}`} />
        ))}
      </div>
    </fieldset>
  );
}
