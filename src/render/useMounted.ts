'use client';

import { startTransition, useReducer, useRef } from 'react';
import type { Gate } from '../client/gate.js';
import type { GateView } from '../client/gateView.js';
import { checkGate } from './checkGate.js';
import type { GateProps } from './gateProps.js';
import { useLayout } from './useLayout.js';

interface Admission {
  /** v2 may be on the screen. */
  readonly isAdmitted: boolean;
  /** v1 has been on the screen. */
  readonly hadV1: boolean;
}

const admission = ({ hadV1 }: Admission, isAdmitted: boolean): Admission => ({
  isAdmitted,
  hadV1: hadV1 || !isAdmitted,
});

/**
 * Mounts a gate and lets v2 onto the screen. Where v1 is in use, v2 comes in a transition: a v1 with its state stays until v2
 * has rendered, however long that suspends. Every way back to v1 is at once.
 */
export function useMounted(
  gate: Gate,
  view: GateView,
  showsLoading: boolean,
  v1: unknown,
  props: GateProps,
  keepsV1: boolean,
): Admission {
  const { resetKeys, onError, onFallback, onReset, suspendTimeoutMs } = props;
  const mayBeOn = view.shows === 'v2' || showsLoading;
  const [admitted, admit] = useReducer(admission, { isAdmitted: mayBeOn, hadV1: !mayBeOn });
  const lastKeys = useRef(resetKeys);

  useLayout(() => {
    gate.configure({ onError, onFallback, onReset, suspendTimeoutMs, keepsV1 });
    const prev = lastKeys.current ?? [];
    const next = resetKeys ?? [];
    lastKeys.current = next;
    // Keys that change in the very render that fails are not a reason to render it again.
    if (view.shows === 'v1' && !isSameKeys(prev, next)) gate.reset({ reason: 'keys', prev, next });
  });

  useLayout(() => {
    const disconnect = gate.connect();
    const now = gate.getView();
    // A probe or a hold that is taken here has to show before the paint; the subscription is too late for that.
    if (now !== view) admit(now.shows === 'v2' || showsLoading);
    checkGate(gate, v1, props);
    return disconnect;
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the first render is the one to compare with
  }, [gate]);

  const { isAdmitted } = admitted;
  useLayout(() => {
    if (mayBeOn === isAdmitted) return;
    if (mayBeOn) startTransition(() => admit(true));
    else admit(false);
  }, [mayBeOn, isAdmitted]);

  return admitted;
}

const isSameKeys = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((key, at) => Object.is(key, b[at]));
