import { writeLabels, writeSample, type Family, type Labels } from './exposition.js';
import type { ExportState } from './totalsStore.js';

/** How this replica and what it publishes are. */
export interface ServiceNumbers {
  readonly isDatabaseUp: boolean;
  readonly alarms: number;
  readonly epoch: number | null;
  readonly revision: number | null;
  readonly isEmergency: boolean;
  readonly features: readonly {
    readonly feature: string;
    readonly percentage: number;
    readonly sampling: number;
    readonly isKilled: boolean;
  }[];
  readonly streams: number;
  readonly replicas: { readonly total: number; readonly applied: number; readonly unreachable: number };
  readonly uptimeS: number;
  readonly countingSinceS: number | null;
  /** 0–1; null while nothing was counted, or it is not known. */
  readonly deliveryRate: number | null;
  readonly exported: ExportState | null;
}

/** What is told of the service itself, beside what pages counted. */
export function serviceFamilies(numbers: ServiceNumbers): readonly Family[] {
  const { replicas, features, exported } = numbers;
  const gauge = (name: string, help: string, ...samples: readonly (readonly [number | null, Labels?])[]): Family => ({
    name,
    type: 'gauge',
    help,
    samples: samples.flatMap(([value, labels = {}]) =>
      value === null ? [] : [writeSample(name, writeLabels(labels), value)],
    ),
  });
  const counter = (name: string, help: string, value: number): Family => ({
    name,
    type: 'counter',
    help,
    samples: [writeSample(`${name}_total`, '', value)],
  });
  return [
    gauge('switchback_database_up', 'Whether the database answers this replica.', [Number(numbers.isDatabaseUp)]),
    gauge('switchback_alarms', 'Alarms of this replica, as /api/health tells them.', [numbers.alarms]),
    gauge('switchback_uptime_seconds', 'How long this replica has been running.', [numbers.uptimeS]),
    gauge('switchback_streams', 'Live streams that are open on this replica.', [numbers.streams]),
    gauge('switchback_epoch', 'Epoch that this replica publishes.', [numbers.epoch]),
    gauge('switchback_revision', 'Revision that this replica publishes.', [numbers.revision]),
    gauge(
      'switchback_replicas',
      'Replicas of the service, by how they are.',
      [replicas.total, { state: 'total' }],
      [replicas.applied, { state: 'applied' }],
      [replicas.unreachable, { state: 'unreachable' }],
    ),
    gauge('switchback_emergency', 'Whether everything is held on v1.', [Number(numbers.isEmergency)]),
    gauge('switchback_delivery_ratio', 'Share of what pages counted in the last hour that arrived, 0 to 1.', [
      numbers.deliveryRate,
    ]),
    gauge(
      'switchback_feature_percentage',
      'Share of users that the rules give v2, 0 to 100.',
      ...features.map(({ feature, percentage }) => [percentage, { feature }] as const),
    ),
    gauge(
      'switchback_feature_sampling',
      'Share of users whose durations, sums and measures are counted, 0 to 1.',
      ...features.map(({ feature, sampling }) => [sampling, { feature }] as const),
    ),
    gauge(
      'switchback_feature_killed',
      'Whether a feature is v1 for everyone: disabled, rolled back or in an emergency.',
      ...features.map(({ feature, isKilled }) => [Number(isKilled), { feature }] as const),
    ),
    gauge('switchback_counting_since_timestamp_seconds', 'When the counters of features began.', [
      numbers.countingSinceS,
    ]),
    ...(exported === null
      ? []
      : [
          counter('switchback_export_points', 'Points that the OpenTelemetry receiver took.', exported.sentPoints),
          counter(
            'switchback_export_refused_points',
            'Points that the OpenTelemetry receiver will never take.',
            exported.refusedPoints,
          ),
          gauge('switchback_export_failures', 'Exports to OpenTelemetry that failed in a row.', [exported.failures]),
          gauge('switchback_export_sent_until_timestamp_seconds', 'Until when everything was exported.', [
            exported.sentUntilMs === null ? null : exported.sentUntilMs / 1_000,
          ]),
        ]),
  ];
}
