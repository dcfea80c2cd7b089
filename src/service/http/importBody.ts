import * as v from 'valibot';
import type { DigestOf } from '../../evaluate/bucket.js';
import { findChangeIssues } from '../featureConfig.js';
import { refuseBadRequires } from '../requiresCycle.js';
import { StoreError, type FeatureChange, type FeaturePatch, type StoredFeature } from '../store.js';
import { featureField, parsePatch, patchFields, reasonField } from './featureBody.js';
import { diffFeature, type FieldDiff } from './featureDiff.js';
import { parseFields } from './parseFields.js';
import { Problem, refuseField } from './problem.js';
import { refuseIssues } from './refuseIssues.js';

const entry = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'a feature as { "feature", … }',
);
const fields = {
  features: v.pipe(v.array(entry, 'a list of features'), v.maxLength(1_000, 'at most 1000 features')),
  reason: v.exactOptional(reasonField),
};
const entryFields = {
  feature: featureField,
  rowRevision: v.exactOptional(v.pipe(v.number('a row revision'), v.safeInteger('a row revision'), v.minValue(0))),
};

const { reason: _, ...importedFields } = patchFields;
/** The document; each of its features is read on its own, so that a refusal can name it. */
export const importBody = v.strictObject({
  features: v.pipe(v.array(v.strictObject({ ...entryFields, ...importedFields })), v.maxLength(1_000)),
  reason: fields.reason,
});

/** What would change of one feature. */
export interface PlannedChange extends FeatureChange {
  readonly action: 'create' | 'change';
  readonly fields: readonly FieldDiff[];
}

/** What a document asks for, against what is. */
export interface Import {
  readonly changes: readonly PlannedChange[];
  /** Features that are here and not in the document; they stay as they are. */
  readonly untouched: readonly string[];
  readonly reason: string | null;
}

/**
 * Reads a document of features and compares it with what is.
 * @throws Problem 409 for a cycle, 412, 422; pointers begin at the document
 */
export function parseImport(body: unknown, known: ReadonlyMap<string, StoredFeature>, digestOf: DigestOf): Import {
  const { features, reason } = parseFields(fields, body);
  const changes: PlannedChange[] = [];
  const seen = new Map<string, number>();
  features.forEach((given, at) => {
    const change = under(`/features/${at}`, () => parseEntry(given, known, digestOf));
    if (seen.has(change.feature))
      throw refuseField(
        `/features/${at}/feature`,
        change.feature,
        `once; it is /features/${seen.get(change.feature)} too`,
      );
    seen.set(change.feature, at);
    if (change.fields.length > 0 || change.action === 'create') changes.push(change);
  });
  checkTogether(changes, known, seen);
  return { changes, untouched: [...known.keys()].filter((key) => !seen.has(key)).sort(), reason: reason ?? null };
}

function parseEntry(
  given: Record<string, unknown>,
  known: ReadonlyMap<string, StoredFeature>,
  digestOf: DigestOf,
): PlannedChange {
  const { feature: key, rowRevision: revision, ...rest } = given;
  const own = revision === undefined ? { feature: key } : { feature: key, rowRevision: revision };
  const { feature, rowRevision } = parseFields(entryFields, own);
  if (Object.hasOwn(rest, 'reason')) throw refuseField('/reason', rest['reason'], 'one reason, beside features');
  const { patch } = parsePatch(feature, rest, digestOf);
  const before = known.get(feature);
  const is = before?.rowRevision ?? 0;
  if (rowRevision !== undefined && rowRevision !== is)
    throw new Problem('stale-revision', `${feature} is at revision ${is} now, not ${rowRevision}: compare again`);
  refuseIssues(findChangeIssues(before ?? null, patch));
  const differing = diffFeature(before, patch);
  const names = new Set(differing.map(({ field }) => field));
  const changed: FeaturePatch = Object.fromEntries(Object.entries(patch).filter(([field]) => names.has(field)));
  return {
    feature,
    action: before === undefined ? 'create' : 'change',
    ifRowRevision: is,
    patch: changed,
    fields: differing,
  };
}

// New features may require each other, so nothing can be said before all of them are read.
function checkTogether(
  changes: readonly PlannedChange[],
  known: ReadonlyMap<string, StoredFeature>,
  seen: ReadonlyMap<string, number>,
): void {
  const requires = new Map([...known].map(([key, feature]) => [key, feature.requires]));
  for (const { feature, patch } of changes) requires.set(feature, patch.requires ?? requires.get(feature) ?? []);
  for (const { feature, patch } of changes) {
    if (patch.requires === undefined) continue;
    try {
      refuseBadRequires(requires, feature);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const pointer = `/features/${seen.get(feature)}/requires`;
      const errors = [{ pointer, value: JSON.stringify(patch.requires).slice(0, 64), message: error.message }];
      throw new Problem(error.code === 'conflict' ? 'conflict' : 'invalid-value', error.message, { errors });
    }
  }
}

/** Says of which entry a problem is. */
function under<Result>(root: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Problem) || error.extras.errors === undefined) throw error;
    const errors = error.extras.errors.map((one) => ({ ...one, pointer: root + one.pointer }));
    throw new Problem(error.kind, `${root}${error.message.startsWith('/') ? '' : ': '}${error.message}`, { errors });
  }
}
