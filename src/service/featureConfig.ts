import { findConfigIssues, findSchemaIssues, type SchemaIssue } from './configSchema.js';
import { StoreError, type FeaturePatch, type StoredFeature } from './store.js';

type Configured = Pick<StoredFeature, 'config' | 'configSchema'>;

/** What a change would leave wrong with a feature's schema, or with its config under that schema; pointers begin at the feature. */
export function findChangeIssues(before: Configured | null, patch: FeaturePatch): readonly SchemaIssue[] {
  if (patch.config === undefined && patch.configSchema === undefined) return [];
  const schema = patch.configSchema === undefined ? (before?.configSchema ?? null) : patch.configSchema;
  if (schema === null) return [];
  const under = (root: string, issues: readonly SchemaIssue[]) =>
    issues.map((issue) => ({ ...issue, pointer: root + issue.pointer }));
  const wrong = patch.configSchema === undefined ? [] : under('/configSchema', findSchemaIssues(schema));
  return wrong.length > 0 ? wrong : under('/config', findConfigIssues(schema, patch.config ?? before?.config ?? {}));
}

/** @throws StoreError `invalid` with the first of them */
export function refuseBadConfig(before: Configured | null, patch: FeaturePatch): void {
  const [issue] = findChangeIssues(before, patch);
  if (issue !== undefined)
    throw new StoreError('invalid', `${issue.pointer}: ${issue.message}`, { field: issue.pointer });
}
