'use client';

import { startTransition, useReducer } from 'react';
import type { Gate } from '../client/gate.js';
import type { GateView } from '../client/gateView.js';
import type { Version } from '../evaluate/snapshot.js';
import { checkGate } from './checkGate.js';
import type { GateProps } from './gateProps.js';
import { useLayout } from './useLayout.js';

/** Which version may be on the screen; `v2AfterV1`: v1 has been on it. */
export type Admitted = 'v1' | 'v2' | 'v2AfterV1';

const admission = (last: Admitted, isOn: boolean): Admitted => {
  if (!isOn) return 'v1';
  return last === 'v2' ? 'v2' : 'v2AfterV1';
};

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
  onShown: ((version: Version) => void) | undefined,
): Admitted {
  const mayBeOn = view.shows === 'v2' || showsLoading;
  const [admitted, admit] = useReducer(admission, mayBeOn ? 'v2' : 'v1');

  useLayout(() => {
    const { resetKeys } = props;
    const prev = gate.configure(props, keepsV1);
    // Keys that change in the very render that fails are not a reason to render it again.
    if (view.shows === 'v1' && !isSameKeys(prev, resetKeys))
      gate.reset({ reason: 'keys', prev: prev ?? [], next: resetKeys ?? [] });
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

  const isAdmitted = admitted !== 'v1';
  const isOn = view.shows === 'v2' && isAdmitted;
  useLayout(() => {
    onShown?.(isOn ? 'v2' : 'v1');
    if (mayBeOn === isAdmitted) return;
    if (mayBeOn) startTransition(() => admit(true));
    else admit(false);
  }, [mayBeOn, isAdmitted, isOn, onShown]);

  return admitted;
}

const none: readonly unknown[] = [];

const isSameKeys = (a = none, b = none): boolean =>
  a === b || (a.length === b.length && a.every((key, at) => Object.is(key, b[at])));
