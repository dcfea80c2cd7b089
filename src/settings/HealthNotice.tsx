'use client';

import type { ReactNode } from 'react';
import { useSettings, useSettingsRow, type SettingsShared } from './settingsContext.js';
import { settingsPart } from './settingsPart.js';
import type { HealthReading } from './useOperatorHealth.js';

export interface HealthNoticeProps {
  readonly id: string;
  readonly reading: HealthReading;
}

/** Says how v2 does before more users get it. */
export function HealthNotice({ id, reading }: HealthNoticeProps): ReactNode {
  const shared = useSettings();
  const { name } = useSettingsRow();
  if (reading.phase === 'spared') return null;
  return (
    <p
      {...settingsPart('health', shared.classNames)}
      id={id}
      role="status"
      data-status={reading.phase === 'read' ? reading.health.status : undefined}
    >
      {sentenceOf(reading, name, shared)}
    </p>
  );
}

function sentenceOf(
  reading: Exclude<HealthReading, { phase: 'spared' }>,
  name: string,
  { labels }: SettingsShared,
): string {
  switch (reading.phase) {
    case 'reading':
      return labels.readingHealth;
    case 'read':
      return labels.health(reading.health, name);
    case 'failed':
      return `${labels.healthUnread} ${labels.problem(reading.problem)}`;
  }
}

/** Whether more users get a v2 that does them harm: then whoever wants that says of which feature. */
export const isHarmful = (reading: HealthReading): boolean =>
  reading.phase === 'read' && (reading.health.status === 'degraded' || reading.health.status === 'critical');
