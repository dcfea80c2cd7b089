/** How numbers are written down for Prometheus: its own text, or OpenMetrics. */
export type Dialect = 'text' | 'openmetrics';

export const contentTypeOf: Readonly<Record<Dialect, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

export type Labels = Readonly<Record<string, string>>;

/** Samples under one name, help and type. The name of a counter has no `_total`; that is its samples' suffix. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  /** As `writeSample` writes them, one or more lines each; they are the same in both dialects. */
  readonly samples: readonly string[];
}

/** Writes one sample; `name` with its suffix, such as `_sum`. */
export const writeSample = (name: string, labels: string, value: number): string =>
  `${name}${labels === '' ? '' : `{${labels}}`} ${numberOf(value)}`;

/** Writes labels for `writeSample`. */
export const writeLabels = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');

/** Writes families in one of the dialects. */
export function writeExposition(families: readonly Family[], dialect: Dialect): string {
  const lines: string[] = [];
  for (const { name, type, help, samples } of families) {
    if (samples.length === 0) continue;
    // Prometheus' own text names a counter as its samples are named.
    const shown = dialect === 'text' && type === 'counter' ? `${name}_total` : name;
    const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    lines.push(`# HELP ${shown} ${dialect === 'text' ? escaped : escaped.replaceAll('"', '\\"')}`);
    lines.push(`# TYPE ${shown} ${type}`);
    for (const sample of samples) lines.push(sample);
  }
  if (dialect === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

const escapeLabel = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const numberOf = (value: number): string =>
  Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);

/** The dialect that an `Accept` header prefers; Prometheus' own text where it says nothing. */
export function dialectOf(accept: string | null): Dialect {
  let text = 0;
  let openmetrics = 0;
  for (const range of (accept ?? '').slice(0, 1_000).split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const of = (name: string): string | undefined =>
      parameters.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
    const weight = Number(of('q') ?? 1);
    const quality = weight >= 0 && weight <= 1 ? weight : 0;
    const version = (of('version') ?? '').replaceAll('"', '');
    if (type === 'application/openmetrics-text' && ['', '1.0.0'].includes(version))
      openmetrics = Math.max(openmetrics, quality);
    if (['text/plain', 'text/*', '*/*'].includes(type)) text = Math.max(text, quality);
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'text';
}
