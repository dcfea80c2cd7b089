'use client';

import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { createChoice } from '../client/choice.js';
import type { Decision } from '../decide/decide.js';
import type { Version } from '../evaluate/snapshot.js';
import type { FeatureKey } from '../features.js';
import type { GateProps } from './gateProps.js';
import { useGate } from './useGate.js';
import { useOverride } from './useOverride.js';
import { useVersions } from './Versions.js';

/** The words of the toggle. */
export interface SwitcherLabels {
  /** Names the group of buttons; default `Version`. */
  readonly group?: string;
  /** Default `Version 1`. */
  readonly v1?: string;
  /** Default `Version 2`. */
  readonly v2?: string;
}

/** Which feature decides, its two versions, and who may switch. */
export interface VersionSwitcherProps extends GateProps {
  readonly feature: FeatureKey;
  /** What everybody has who does not get v2, and everybody when v2 fails. */
  readonly v1: ReactNode;
  /** v2, or a function of the decision. */
  readonly v2: ReactNode | ((details: Decision) => ReactNode);
  /**
   * Whether people may switch here. `never` (default). `allowed`: where the override policy lets them; the choice is kept for
   * later visits. `always`: for everybody; where the policy does not allow an override, the choice lasts as long as this mount.
   */
  readonly toggle?: 'never' | 'allowed' | 'always' | undefined;
  readonly labels?: SwitcherLabels | undefined;
  /** Called after the version on the screen changed, not for the first one. */
  readonly onVersionChange?: ((version: Version) => void) | undefined;
}

/**
 * Shows v1 or v2, with a toggle where wanted: two buttons, the pressed one is the version on the screen. A kill still wins over
 * every choice.
 */
export function VersionSwitcher(props: VersionSwitcherProps): ReactNode {
  const { feature, v1, v2, toggle = 'never', labels, onVersionChange } = props;
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- a choice is about one feature: another one starts without
  const choice = useMemo(() => createChoice(), [feature]);
  const gate = useGate(feature, v2, choice.wrap);
  const override = useOverride(feature);
  const view = useSyncExternalStore(gate.subscribe, gate.getView, gate.getServerView);
  const [shown, setShown] = useState<Version>(view.shows === 'v2' ? 'v2' : 'v1');

  const reported = useRef(shown);
  useEffect(() => {
    if (reported.current === shown) return;
    reported.current = shown;
    onVersionChange?.(shown);
  }, [shown, onVersionChange]);

  const choose = (version: Version): void => {
    if (!override.set(version)) {
      choice.choose(version);
      gate.update();
    }
    // Asking for v2 again after it failed is a new attempt.
    if (version === 'v2') gate.reset();
  };

  const versions = useVersions({ gate, v1, v2, props, onShown: setShown });
  const hasToggle = toggle === 'always' || (toggle === 'allowed' && override.allowed);
  return (
    <>
      {hasToggle ? (
        <div role="group" aria-label={labels?.group ?? 'Version'} data-switchback="toggle">
          {(['v1', 'v2'] as const).map((version) => (
            <button key={version} type="button" aria-pressed={shown === version} onClick={() => choose(version)}>
              {labels?.[version] ?? (version === 'v1' ? 'Version 1' : 'Version 2')}
            </button>
          ))}
        </div>
      ) : null}
      {versions}
    </>
  );
}
