'use client';

import type { Gate } from '../client/gate.js';
import { isSuspendTimeout } from '../client/suspendTimeout.js';
import { showValue, SwitchbackError } from '../error.js';
import { Activity } from './Activity.js';
import type { GateProps } from './gateProps.js';

/** In development, tells of what a gate was given that cannot be meant. The page goes on as well as it can. */
export function checkGate(gate: Gate, v1: unknown, { suspendTimeoutMs, keepV1 }: GateProps): void {
  const tell = (what: string): void =>
    gate.guardHost('gate', () => {
      throw new SwitchbackError('invalid-option', `the gate of ${showValue(gate.feature)} ${what}`);
    });
  try {
    if (process.env.NODE_ENV === 'production') return;
    if (v1 === undefined)
      tell('has no fallback: when v2 is off or fails it shows nothing; null says that this is meant');
    if (suspendTimeoutMs !== undefined && !isSuspendTimeout(suspendTimeoutMs))
      tell(`has a suspendTimeoutMs that is not 1 to 600000: ${showValue(suspendTimeoutMs)}`);
    if (keepV1 && !Activity) tell('has keepV1, which takes React 19.2 or newer: v1 is mounted anew instead');
  } catch {
    // There is no `process`, and so no development.
  }
}
