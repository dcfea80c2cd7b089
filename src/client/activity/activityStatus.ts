import type { SwitchbackClient } from '../switchbackClient.js';
import { hasPrivacySignal } from './privacySignal.js';

/** Whether a tracker takes events, or why it does not. */
export type ActivityStatus =
  | {
      readonly state: 'on';
      /** Events go out and are not kept for display. */
      readonly logOnly: boolean;
    }
  | {
      readonly state: 'off';
      /**
       * `disabled`: not enabled, or no more. `no-page`: not in a browser. `privacy-signal`: the browser asks not to be tracked.
       * `no-consent`: not given or withdrawn. `feature-off`: the feature was rolled back, switched off or is unknown.
       * `sampled-out`: this session is not among those that are tracked.
       */
      readonly because: 'disabled' | 'no-page' | 'privacy-signal' | 'no-consent' | 'feature-off' | 'sampled-out';
    };

export interface StatusInput {
  readonly feature: string;
  readonly client: SwitchbackClient | undefined;
  readonly isEnabled: boolean;
  readonly hasConsent: () => boolean;
  readonly samplingRate: number;
  readonly logOnly: boolean;
  /** The session's place among all, 0–1. Drawn when nothing else speaks against tracking, since drawing stores it. */
  readonly draw: () => number;
}

/** Asks every voice that may end the tracking, those of the user before those of the operator. */
export function activityStatusOf(input: StatusInput): ActivityStatus {
  const { feature, client, isEnabled, hasConsent, draw } = input;
  const off = (because: Extract<ActivityStatus, { state: 'off' }>['because']): ActivityStatus => ({
    state: 'off',
    because,
  });
  if (!isEnabled) return off('disabled');
  if (typeof document === 'undefined') return off('no-page');
  if (hasPrivacySignal()) return off('privacy-signal');
  if (!hasConsent()) return off('no-consent');
  if (client && offReasons.has(client.internals.cell(feature).get().reason)) return off('feature-off');
  const rule = client?.internals.parts.read().snapshot?.features.get(feature);
  const { sampling, logOnly } =
    rule && 'sampling' in rule ? rule : { sampling: input.samplingRate, logOnly: input.logOnly };
  return draw() < sampling ? { state: 'on', logOnly } : off('sampled-out');
}

const offReasons: ReadonlySet<string> = new Set(['ROLLED_BACK', 'DISABLED', 'ERROR']);

export const isSameStatus = (a: ActivityStatus, b: ActivityStatus): boolean =>
  a.state === 'on' ? b.state === 'on' && a.logOnly === b.logOnly : b.state === 'off' && a.because === b.because;
