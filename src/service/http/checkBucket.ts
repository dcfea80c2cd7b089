import { readDigest } from '../../evaluate/bucket.js';
import type { Version } from '../../evaluate/snapshot.js';
import type { StoredFeature } from '../store.js';
import type { SentBucket } from './batchBody.js';
import type { Publication } from './publish.js';

/** Whether a bucket says what the rules of its revision say. `unverified`: that cannot be told from the digest alone. */
export type Consistency = 'consistent' | 'unverified' | 'mismatch';

/**
 * Recomputes a user's version from the digest in the batch. It finds mistakes and lazy forgers; whoever computes digests
 * can still forge.
 * @param subject first 24 hex digits of the digest of feature and targeting key
 * @param publication what was published at the bucket's revision; undefined when it is not kept
 */
export function checkBucket(
  bucket: SentBucket,
  subject: string | undefined,
  publication: Publication | undefined,
): Consistency {
  const { arm, version, reason } = bucket;
  const rule = publication?.features.get(bucket.feature);
  if (publication === undefined || rule === undefined)
    return arm === 'none' && bucket.stage === null ? 'consistent' : 'unverified';
  const stage = publication.stages.get(bucket.feature) ?? null;
  if (bucket.stage !== stage && (arm !== 'none' || bucket.stage !== null)) return 'mismatch';
  if (subject === undefined) return arm === 'none' ? 'consistent' : 'unverified';
  const { bucket: place, tag } = readDigest(subject);
  const holds = (users: StoredFeature['allow']): boolean => users.some((user) => user.tag === tag);

  if (arm === 'none') {
    if (version === 'v1') return 'consistent';
    if (reason === 'TARGETING_MATCH') return holds(rule.allow) ? 'consistent' : 'mismatch';
    return reason === 'SPLIT' ? 'mismatch' : 'consistent';
  }
  // Held by the breaker or split: the two ways to be in an arm.
  if (reason !== 'SPLIT' && reason !== 'CIRCUIT_OPEN') return 'mismatch';
  if (reason === 'CIRCUIT_OPEN' && version !== 'v1') return 'mismatch';
  if (publication.emergency !== null || publication.kills.includes(bucket.feature)) return 'mismatch';
  if (holds(rule.deny) || holds(rule.allow)) return 'mismatch';
  const split: Version = place < Math.round(rule.percentage * 100) ? 'v2' : 'v1';
  if (arm !== split) return 'mismatch';
  const dependsOnMore = rule.regions !== null || rule.requires.length > 0 || rule.from !== null || rule.until !== null;
  return dependsOnMore ? 'unverified' : 'consistent';
}
