import { refuseOption } from '../error.js';
import { isText } from '../evaluate/kind.js';
import type { Version } from '../evaluate/snapshot.js';
import type { ForcedVersions } from './callHost.js';

export interface SettableVersions extends ForcedVersions {
  /** @throws SwitchbackError `invalid-option` for a key that is no text, and where there are too many */
  set(targetingKey: string, version: Version | null): void;
}

const maxForced = 10_000;

/** Versions set by hand for single users, in this process. */
export function createForcedVersions(): SettableVersions {
  const versions = new Map<string, Version>();
  return {
    get size() {
      return versions.size;
    },
    of: (targetingKey) => versions.get(targetingKey),
    set(targetingKey, version) {
      if (!isText(targetingKey) || targetingKey === '') refuseOption('targetingKey', 'text', targetingKey);
      if (version === null) return void versions.delete(targetingKey);
      if (!versions.has(targetingKey) && versions.size >= maxForced)
        refuseOption('targetingKey', `one of at most ${maxForced}`, targetingKey);
      versions.set(targetingKey, version);
    },
  };
}
