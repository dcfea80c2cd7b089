'use client';

import type { ReactNode } from 'react';
import type { Decision } from '../decide/decide.js';
import type { FeatureKey } from '../features.js';
import type { GateProps } from './gateProps.js';
import { useGate } from './useGate.js';
import { useVersions } from './Versions.js';

/** Which feature decides, and its two versions. */
export interface FeatureGateProps extends GateProps {
  readonly feature: FeatureKey;
  /** v1: shown while the feature is off, and from the moment v2 fails. */
  readonly fallback: ReactNode;
  /** v2, or a function of the decision. One `lazyVersion` element is loaded outside React. */
  readonly children: ReactNode | ((details: Decision) => ReactNode);
}

/**
 * Shows v2 (`children`) to those who get it and v1 (`fallback`) to everyone else. When v2 fails, v1 is on the screen before the
 * next paint. Mounted gates hold an upgrade; a downgrade is at once.
 */
export function FeatureGate(props: FeatureGateProps): ReactNode {
  const { feature, fallback, children } = props;
  const gate = useGate(feature, children);
  return useVersions({ gate, v1: fallback, v2: children, props });
}
