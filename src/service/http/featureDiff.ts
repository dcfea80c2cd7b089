import { isSame } from '../configSchema.js';
import type { FeaturePatch, StoredFeature } from '../store.js';

/** One field that differs. */
export interface FieldDiff {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

const times: ReadonlySet<string> = new Set(['from', 'until']);

/** What a patch would change of a feature; `from` is undefined where there is none yet. */
export function diffFeature(before: StoredFeature | undefined, patch: FeaturePatch): readonly FieldDiff[] {
  return Object.entries(patch)
    .map(([field, to]) => ({ field, from: before === undefined ? undefined : valueOf(before, field), to }))
    .filter(({ field, from, to }) => !isSame(inOneForm(field, from), inOneForm(field, to)));
}

const valueOf = (feature: StoredFeature, field: string): unknown =>
  Object.hasOwn(feature, field) ? feature[field as keyof StoredFeature] : undefined;

// The same instant can be written in many ways.
const inOneForm = (field: string, value: unknown): unknown =>
  times.has(field) && typeof value === 'string' ? Date.parse(value) : value;
