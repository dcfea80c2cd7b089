import { showValue } from '../error.js';
import { isObject } from '../evaluate/kind.js';
import type { FeatureSet } from '../features.js';
import { findConfigIssues } from '../service/configSchema.js';
import type { StoredFeature } from '../service/index.js';

export type PublishedFeature = Pick<StoredFeature, 'feature' | 'config' | 'configSchema' | 'removeBy' | 'owner'>;

/** One thing in which the code and the service differ. */
export interface TypeFault {
  /** The feature, or a field of it, such as `memoryPanel.config.pageSize`. */
  readonly at: string;
  readonly kind: 'not-published' | 'not-in-code' | 'retired' | 'config' | 'removeBy' | 'owner';
  readonly what: string;
  readonly cure: string;
}

/** Compares the features of the code with what the service has: keys, shapes of settings, who owns them and until when. */
export function compareCode(
  code: FeatureSet,
  published: readonly PublishedFeature[],
  retired: readonly string[],
): readonly TypeFault[] {
  const known = new Map(published.map((feature) => [feature.feature, feature]));
  const faults: TypeFault[] = [];
  for (const [feature, definition] of Object.entries(code).sort(byKey)) {
    const there = known.get(feature);
    if (there !== undefined) faults.push(...compareOne(feature, definition, there));
    else if (retired.includes(feature))
      faults.push({
        at: feature,
        kind: 'retired',
        what: 'retired on the service, so v1 everywhere',
        cure: `take it out of the code, or switchback features restore ${feature} --reason "…"`,
      });
    else
      faults.push({
        at: feature,
        kind: 'not-published',
        what: 'not on the service, so v1 everywhere',
        cure: `switchback features create ${feature}`,
      });
  }
  for (const { feature } of published)
    if (!Object.hasOwn(code, feature))
      faults.push({
        at: feature,
        kind: 'not-in-code',
        what: 'on the service, but not in this code',
        cure: `define it, or switchback features retire ${feature} --reason "…"`,
      });
  return faults;
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

function compareOne(feature: string, definition: FeatureSet[string], there: PublishedFeature): TypeFault[] {
  const edit = `switchback features edit ${feature}`;
  const faults: TypeFault[] = [];
  const fault = (at: string, kind: TypeFault['kind'], what: string, cure: string): void =>
    void faults.push({ at: `${feature}.${at}`, kind, what, cure });
  for (const field of ['removeBy', 'owner'] as const) {
    const said = definition[field];
    if (said === undefined || said === there[field]) continue;
    const option = field === 'removeBy' ? '--remove-by' : '--owner';
    const cure = `${edit} ${option} ${JSON.stringify(said)}, or change the code`;
    fault(field, field, `${showValue(said)} in the code, ${showValue(there[field])} on the service`, cure);
  }
  const defaults = definition.config ?? {};
  compareShapes('config', defaults, there.config, (at, what) =>
    fault(at, 'config', what, `${edit} --config <json>, or change the defaults in the code`),
  );
  if (there.configSchema !== null)
    for (const { pointer, message } of findConfigIssues(there.configSchema, { ...defaults, ...there.config }))
      fault(
        `config${pointer.replaceAll('/', '.')}`,
        'config',
        `the defaults with the published settings over them break the schema: ${message}`,
        `change the defaults, or ${edit} --config-schema <json>`,
      );
  return faults;
}

/** Published settings lie over the defaults: what is there has to have their types, and what is not is a default. */
function compareShapes(at: string, code: unknown, there: unknown, fault: (at: string, what: string) => void): void {
  if (isObject(code) && isObject(there)) {
    for (const [name, value] of Object.entries(there)) {
      if (Object.hasOwn(code, name)) compareShapes(`${at}.${name}`, Reflect.get(code, name), value, fault);
      else
        fault(`${at}.${name}`, `published as ${showValue(value)}, but the code has no default for it and so no type`);
    }
    return;
  }
  // A null default says nothing of the type.
  if (code === null || typeOf(code) === typeOf(there)) return;
  fault(at, `${typeOf(code)} in the code, ${typeOf(there)} on the service (${showValue(there)})`);
}

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
};
