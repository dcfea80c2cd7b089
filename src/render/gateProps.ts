'use client';

import type { ReactNode } from 'react';
import type { GateSettings } from '../client/gateView.js';

/** What every face takes besides its versions. */
export interface GateProps extends Pick<GateSettings, 'onFallback' | 'onError' | 'onReset'> {
  /** Shown while v2's code loads on a first mount, and while v2 suspends then; default: v1. */
  readonly loading?: ReactNode;
  /** A failure is forgotten and v2 tried again when one of these changes (by `Object.is`), as far as the breaker allows. */
  readonly resetKeys?: readonly unknown[] | undefined;
  /** A v2 that suspends for longer counts as failed, in ms. Default: it may take its time. */
  readonly suspendTimeoutMs?: number | undefined;
  /**
   * `activity`: while v2 has not settled, a v1 that it replaced waits out of sight with its state, and has it when v2 fails.
   * React 19.2 or newer; older ones mount v1 anew.
   */
  readonly keepV1?: 'activity' | undefined;
  /** Wraps the versions in a box of at least this height (CSS; a number is px), so that a switch moves nothing below it. */
  readonly minHeight?: number | string | undefined;
}
