import type { Dialect } from '../../../src/service/export/exposition.js';

export interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: { readonly name: string; readonly labels: ReadonlyMap<string, string>; readonly value: number }[];
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['_sum', '_count'],
};

/**
 * Reads an exposition as strictly as its formats are written: families in one piece, known types and suffixes, no series twice,
 * histograms that rise to their count, escapes that exist.
 * @throws Error with the line that is wrong
 */
export function parseExposition(page: string, dialect: Dialect): ReadonlyMap<string, ParsedFamily> {
  if (!page.endsWith('\n')) throw new Error('the last line has no line feed');
  if (page.includes('\r')) throw new Error('a carriage return');
  const lines = page.slice(0, -1).split('\n');
  if (dialect === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('no # EOF at the end');
  const families = new Map<string, ParsedFamily>();
  const seen = new Set<string>();
  let help: { name: string; text: string } | null = null;
  let current: { name: string; family: ParsedFamily } | null = null;
  for (const line of lines) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const described = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    const typed = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (\w+)$/.exec(line);
    if (described !== null) {
      const [, name = '', text = ''] = described;
      if (families.has(name)) fail('a family in two pieces');
      if (text.replace(/\\[\\n"]/g, '').includes('\\')) fail('an escape that does not exist');
      help = { name, text };
    } else if (typed !== null) {
      const [, name = '', type = ''] = typed;
      if (help?.name !== name) fail('a type without help');
      if (!Object.hasOwn(suffixes, type)) fail('an unknown type');
      if (dialect === 'openmetrics' && name.endsWith('_total')) fail('the name of a counter with _total');
      if (dialect === 'text' && type === 'counter' && !name.endsWith('_total')) fail('a counter without _total');
      const family: ParsedFamily = { type, help: help?.text ?? '', samples: [] };
      families.set(name, family);
      current = { name, family };
    } else if (current === null || line.startsWith('#') || line === '') fail('neither a comment nor a sample');
    else {
      const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? fail('no sample');
      const [, name = '', text = '', number = ''] = sample;
      const { type } = current.family;
      const base = dialect === 'text' && type === 'counter' ? current.name.replace(/_total$/, '') : current.name;
      if (!(suffixes[type] ?? []).some((suffix) => base + suffix === name)) fail(`no sample of ${current.name}`);
      const value =
        number === '+Inf'
          ? Infinity
          : /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(number)
            ? Number(number)
            : fail('no number');
      const labels = parseLabels(text, fail);
      const id = `${name} ${JSON.stringify([...labels].sort())}`;
      if (seen.has(id)) fail('a series twice');
      seen.add(id);
      if (type === 'counter' && !(value >= 0 && value < Infinity)) fail('a counter that is none');
      current.family.samples.push({ name, labels, value });
    }
  }
  for (const [name, { type, samples }] of families) {
    if (samples.length === 0) throw new Error(`${name} has no samples`);
    if (type === 'histogram') checkHistograms(name, samples);
  }
  return families;
}

function parseLabels(text: string, fail: (why: string) => never): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  let rest = text;
  while (rest !== '') {
    const [whole = '', name = '', value = ''] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest) ?? [];
    if (whole === '') fail('labels that cannot be read');
    if (labels.has(name)) fail('a label twice');
    labels.set(
      name,
      value.replace(/\\(["\\n])/g, (_, one: string) => (one === 'n' ? '\n' : one)),
    );
    rest = rest.slice(whole.length);
  }
  return labels;
}

function checkHistograms(family: string, samples: ParsedFamily['samples']): void {
  const groups = new Map<string, { le: number; value: number }[]>();
  const counts = new Map<string, number>();
  for (const { name, labels, value } of samples) {
    const key = JSON.stringify([...labels].filter(([label]) => label !== 'le'));
    if (name === `${family}_count`) counts.set(key, value);
    if (name !== `${family}_bucket`) continue;
    const le = labels.get('le') ?? '';
    const buckets = groups.get(key) ?? [];
    buckets.push({ le: le === '+Inf' ? Infinity : Number(le), value });
    groups.set(key, buckets);
  }
  for (const [key, buckets] of groups) {
    for (const [at, { le, value }] of buckets.entries()) {
      const before = buckets[at - 1];
      if (before !== undefined && !(le > before.le && value >= before.value))
        throw new Error(`${family} ${key}: le="${le}" does not rise`);
    }
    const last = buckets.at(-1);
    if (last?.le !== Infinity || last.value !== counts.get(key))
      throw new Error(`${family} ${key}: +Inf is not the count`);
  }
}
