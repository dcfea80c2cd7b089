'use client';

import { useId, useMemo, type ReactNode } from 'react';
import { englishLabels } from './englishLabels.js';
import { formatTime } from './formats.js';
import { SettingsContext, useSettings } from './settingsContext.js';
import type { SettingsLabels } from './settingsLabels.js';
import { settingsPart, type SettingsClassNames } from './settingsPart.js';
import { useOperator, useOwnOperator, type OperatorOptions } from './useOperator.js';

/** For whom the settings are, and their words. */
export interface SettingsRootProps {
  /** For those who may change features for everybody; absent: the panel is for users. */
  readonly operator?: OperatorOptions | undefined;
  /** Texts in place of the English ones. */
  readonly labels?: Partial<SettingsLabels> | undefined;
  /** Classes by part of the panel, beside those that the stylesheet uses. */
  readonly classNames?: SettingsClassNames | undefined;
  /** Of times and percentages, such as `de-CH`; default: the browser's. */
  readonly locale?: string | undefined;
  /** Rows. */
  readonly children: ReactNode;
}

const none: SettingsClassNames = {};

/** The panel around the rows. */
export function SettingsRoot(props: SettingsRootProps): ReactNode {
  const { labels: given, classNames = none, locale, children } = props;
  const operator = useOwnOperator(props.operator);
  const url = props.operator?.url ?? '/api';
  const labels = useMemo(() => ({ ...englishLabels, ...given }), [given]);
  const shared = useMemo(
    () => ({ labels, classNames, locale, operator, url }),
    [labels, classNames, locale, operator, url],
  );
  const titleId = useId();
  return (
    <SettingsContext.Provider value={shared}>
      <section {...settingsPart('root', classNames)} aria-labelledby={titleId}>
        <h2 {...settingsPart('title', classNames)} id={titleId}>
          {labels.title}
        </h2>
        {operator === null ? null : <ServiceNotice />}
        <ul {...settingsPart('list', classNames)}>{children}</ul>
      </section>
    </SettingsContext.Provider>
  );
}

/** What concerns all rows: nothing read yet, nothing read any more, an emergency. */
function ServiceNotice(): ReactNode {
  const { labels, classNames, locale } = useSettings();
  const { state = null, problem = null, readAtMs = null } = useOperator() ?? {};
  const age = readAtMs === null ? '' : ` ${labels.readAt(formatTime(readAtMs, locale))}`;
  const isLoading = state === null && problem === null;
  const emergency = state?.emergency ?? null;
  return (
    <>
      <div {...settingsPart('status', classNames)} role="status">
        {isLoading ? <p>{labels.loading}</p> : null}
        {emergency === null ? null : <p>{labels.emergency(formatTime(emergency.since, locale))}</p>}
      </div>
      <div {...settingsPart('problem', classNames)} role="alert">
        {problem === null ? null : <p>{`${labels.problem(problem)}${age}`}</p>}
      </div>
    </>
  );
}
