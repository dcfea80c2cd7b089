import { oneLine } from './output.js';
import type { FeatureReport, RolloutReport, VersionNumbers } from './rolloutReport.js';

const head = ['feature', 'at', 'since', 'by', 'v1 users', 'v1 errors', 'v1 p95', 'v2 users', 'v2 errors', 'v2 p95'];

const cures = {
  'at 100 %': 'is at 100 %: take v1 and the gate out of the code, then `switchback features retire',
  'past removeBy': 'was to be removed by',
  unseen: 'was shown to nobody in this time: is its code still there? If not, `switchback features retire',
} as const;

/** A report as Markdown: a table of all features, and what is stale. */
export function markdownOf({ at, from, emergencySince, features }: RolloutReport): string {
  const stale = features.flatMap((report) => report.stale.map((kind) => staleLine(report, kind)));
  return [
    `# Rollout at ${at}`,
    '',
    ...(emergencySince === null ? [] : [`**Emergency: every feature is v1 since ${emergencySince}.**`, '']),
    `Numbers of v1 and v2: users placed by the percentage, since ${from}.`,
    '',
    row(head),
    row(head.map(() => '---')),
    ...features.map((report) => row(cellsOf(report))),
    ...(stale.length === 0 ? [] : ['', '## Stale', '', ...stale]),
  ].join('\n');
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => oneLine(cell).replaceAll('|', '\\|')).join(' | ')} |`;

const cellsOf = ({ feature, state, percentage, since, by, v1, v2 }: FeatureReport): readonly string[] => [
  feature,
  state === 'on' ? `${percentage} %` : `${state} (${percentage} %)`,
  since,
  by ?? '-',
  ...numbers(v1),
  ...numbers(v2),
];

const numbers = ({ users, errorRate, p95CommitMs }: VersionNumbers): readonly string[] => [
  String(users),
  errorRate === null ? '-' : `${(errorRate * 100).toFixed(2)} %`,
  p95CommitMs === null ? '-' : `${p95CommitMs.toFixed(1)} ms`,
];

function staleLine({ feature, owner, removeBy }: FeatureReport, kind: FeatureReport['stale'][number]): string {
  const command = kind === 'past removeBy' ? ` ${removeBy}` : ` ${feature} --reason "…"\``;
  return `- ${feature}${owner === null ? '' : ` (${oneLine(owner)})`} ${cures[kind]}${command}`;
}
