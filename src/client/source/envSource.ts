import { showValue, SwitchbackError } from '../../error.js';
import type { FeatureSet } from '../../features.js';
import type { Source } from './source.js';
import { fixedSource } from './staticSource.js';

const prefixes = ['VITE_', 'REACT_APP_', 'NEXT_PUBLIC_', ''];

/**
 * Takes rules from environment variables: `<FEATURE>_ENABLED` (true, false, 1, 0) and `<FEATURE>_ROLLOUT_PERCENTAGE` (0–100),
 * each as `VITE_…`, `REACT_APP_…`, `NEXT_PUBLIC_…` or plain, the first that is set; `memoryPanel` is `MEMORY_PANEL`.
 * Enabled without a percentage is 100 %; a percentage without enabled counts as enabled; neither is disabled.
 * @param env such as `import.meta.env`; where a bundler replaces single names only, an object that lists them
 * @throws SwitchbackError `invalid-option`, naming the variable and showing the value
 */
export function envSource(env: Readonly<Record<string, unknown>>, features: FeatureSet): Source {
  if (typeof env !== 'object' || env === null)
    throw new SwitchbackError('invalid-option', `envSource takes an object of variables, found ${showValue(env)}`);
  const rules = Object.keys(features).map((feature) => [feature, readRule(env, feature)] as const);
  return fixedSource('env', {
    schema: 1,
    kind: 'rules',
    epoch: 0,
    revision: 0,
    publishedAt: '',
    emergency: null,
    kills: rules.filter(([, { enabled }]) => !enabled).map(([feature]) => feature),
    features: Object.fromEntries(rules),
  });
}

function readRule(env: Readonly<Record<string, unknown>>, feature: string): { enabled: boolean; percentage: number } {
  const name = variableName(feature);
  const enabled = read(env, `${name}_ENABLED`, 'true, false, 1 or 0', (text) =>
    /^(true|1)$/i.test(text) ? true : /^(false|0)$/i.test(text) ? false : undefined,
  );
  const percentage = read(env, `${name}_ROLLOUT_PERCENTAGE`, '0 to 100', (text) =>
    /^\d+(\.\d+)?$/.test(text) && Number(text) <= 100 ? Number(text) : undefined,
  );
  if (enabled === false || (enabled === undefined && percentage === undefined))
    return { enabled: false, percentage: 0 };
  return { enabled: true, percentage: percentage ?? 100 };
}

function read<T>(
  env: Readonly<Record<string, unknown>>,
  name: string,
  expected: string,
  parse: (text: string) => T | undefined,
): T | undefined {
  for (const prefix of prefixes) {
    const variable = prefix + name;
    const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
    const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    const text = isScalar ? String(value).trim() : '';
    if (text === '' && (isScalar || value === undefined || value === null)) continue;
    const parsed = isScalar ? parse(text) : undefined;
    if (parsed !== undefined) return parsed;
    throw new SwitchbackError('invalid-option', `${variable} must be ${expected}, found ${showValue(value)}`);
  }
  return undefined;
}

/** How a feature is called in the environment: `memoryPanel` → `MEMORY_PANEL`. */
export function variableName(feature: string): string {
  return feature
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[.-]/g, '_')
    .toUpperCase();
}
