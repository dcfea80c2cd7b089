import { bucketOf, digestOf, type Digest, type DigestOf } from '../evaluate/bucket.js';

/** Remembers the digests of one user, the last that was asked for. */
export function rememberDigests(): DigestOf {
  const digests = new Map<string, Digest>();
  let user: string | undefined;
  return (feature, targetingKey) => {
    if (targetingKey !== user) {
      digests.clear();
      user = targetingKey;
    }
    let digest = digests.get(feature);
    if (!digest) digests.set(feature, (digest = new LazyDigest(feature, targetingKey)));
    return digest;
  };
}

// The bucket is asked of every feature, tag and subject of few: their hex digits are written when they are first read.
class LazyDigest implements Digest {
  readonly bucket: number;
  readonly feature: string;
  readonly targetingKey: string;
  written: Digest | undefined;

  constructor(feature: string, targetingKey: string) {
    this.bucket = bucketOf(feature, targetingKey);
    this.feature = feature;
    this.targetingKey = targetingKey;
  }
  get tag(): string {
    return this.write().tag;
  }
  get subject(): string {
    return this.write().subject;
  }
  write(): Digest {
    return (this.written ??= digestOf(this.feature, this.targetingKey));
  }
}
