import { createHash } from 'node:crypto';
import { normalizeTargetingKey, readDigest, type DigestOf } from '../evaluate/bucket.js';

/** The digest of one feature and one targeting key by node:crypto: the same answer as the browser's, several times faster. */
export const nodeDigestOf: DigestOf = (feature, targetingKey) =>
  readDigest(
    createHash('sha256')
      .update(`${feature}:${normalizeTargetingKey(targetingKey)}`, 'utf8')
      .digest('hex'),
  );
