// Comes in: clicks, navigations, visibility and what the host tracks. Goes out: ActivityEvents, and their counts to the sinks. Who calls: hosts, render.
import { refuseOption } from '../../error.js';
import { systemClock } from '../clock.js';
import type { Activity, ActivityAttributes, ActivityEvent } from './activityEvent.js';
import { checkActivityOptions, type ActivityTrackerOptions } from './activityOptions.js';
import { activityStatusOf, isSameStatus, type ActivityStatus } from './activityStatus.js';
import { readAttributes } from './readAttributes.js';
import { createRing } from './ring.js';
import { sessionDraw } from './sessionDraw.js';
import { tellCounts } from './tellCounts.js';
import { watchPage } from './watchPage.js';

/** Keeps what one user did lately, to see how they fare with a version. All functions may be called detached. */
export interface ActivityTracker {
  /**
   * Adds an event of the host's own; does nothing while the tracker is off.
   * @param name a letter, then up to 63 letters, digits, `_`, `.` or `-`
   * @param attributes at most 10 of text, number or boolean; text is cut at 100 characters, anything else left out
   * @throws SwitchbackError `invalid-option` for another name
   */
  readonly track: (name: string, attributes?: ActivityAttributes) => void;
  /** What is kept, from the oldest on; the same list as long as nothing changes. Empty where `logOnly` holds. */
  readonly events: () => readonly ActivityEvent[];
  /** The same object as long as it says the same. */
  readonly status: () => ActivityStatus;
  /** Calls back once after any number of changes. Returns what ends it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Hands over what was not handed over yet. */
  readonly flush: () => void;
  /** Replaces the option; false empties the tracker at once. */
  readonly setConsent: (consent: boolean | (() => boolean)) => void;
  /** Begins to listen, where nothing speaks against it. Safe to call again. */
  readonly enable: () => void;
  /** Empties the tracker and removes every listener and timer at once. */
  readonly disable: () => void;
}

const flushIntervalMs = 5_000;
const namePattern = /^[a-zA-Z][a-zA-Z0-9_.-]{0,63}$/;

/**
 * Makes a tracker and enables it.
 * @throws SwitchbackError `invalid-option`, naming the option and showing its value
 * @source docs/observe.md, "Activity"
 */
export function createActivityTracker(options: ActivityTrackerOptions): ActivityTracker {
  const tracker = openActivityTracker(options);
  tracker.enable();
  return tracker;
}

/** Makes a tracker that holds nothing until it is enabled. @throws SwitchbackError `invalid-option` */
export function openActivityTracker(options: ActivityTrackerOptions): ActivityTracker {
  checkActivityOptions(options);
  const { feature, client, redact, deliver, counts = true, random = Math.random } = options;
  const { maxEvents = 1_000, samplingRate = 1, logOnly = false, dataAttributes = ['data-activity'] } = options;
  const clock = options.clock ?? client?.internals.parts.clock ?? systemClock;
  const ring = createRing<ActivityEvent>(maxEvents);
  const listeners = new Set<() => void>();
  const told = new Set<string>();
  let { consent = true } = options;
  let isEnabled = false;
  let draw: number | undefined;
  let seq = 0;
  let handedOver = 0;
  let status: ActivityStatus = { state: 'off', because: 'disabled' };
  let kept: readonly ActivityEvent[] | undefined;
  let isTelling = false;
  let stopClient = () => {};
  let stopPage: (() => void) | undefined;
  let cancelFlush: (() => void) | undefined;

  const guard = <T>(operation: string, run: () => T): T | undefined => {
    try {
      return run();
    } catch (error) {
      fault(operation, error);
      return undefined;
    }
  };
  const fault = (operation: string, error: unknown): void => {
    if (told.has(operation)) return;
    told.add(operation);
    const tell = options.onInternalFault ?? client?.internals.fault;
    try {
      tell?.(`activity ${operation}`, error);
    } catch {
      // There is nobody left to tell.
    }
  };

  const changed = (): void => {
    kept = undefined;
    if (isTelling || listeners.size === 0) return;
    isTelling = true;
    queueMicrotask(() => {
      isTelling = false;
      for (const listener of listeners) guard('listener', listener);
    });
  };
  const empty = (): void => {
    ring.clear();
    handedOver = seq;
    cancelFlush?.();
    cancelFlush = undefined;
  };

  const hasConsent = (): boolean => (typeof consent === 'function' ? guard('consent', consent) === true : consent);
  /** Asks anew whether to track, and does what follows at once. */
  const isOn = (): boolean => {
    const input = {
      feature,
      client,
      isEnabled,
      hasConsent,
      samplingRate,
      logOnly,
      draw: () => (draw ??= sessionDraw(random)),
    };
    const next = activityStatusOf(input);
    if (isSameStatus(next, status)) return next.state === 'on';
    status = next;
    if (next.state === 'on') stopPage ??= watchPage({ dataAttributes, onActivity: add, onHide: flush });
    else {
      stopPage?.();
      stopPage = undefined;
      empty();
    }
    changed();
    return next.state === 'on';
  };

  const add = (activity: Activity): void => {
    if (!isOn()) return;
    const version = client?.internals.parts.hostOf(feature).shownVersion() ?? 'v1';
    const event: ActivityEvent = { ...activity, seq: seq + 1, atMs: clock.now(), feature, version };
    const redacted = redact ? guard('redact', () => redact(event)) : event;
    // Whatever it gave back, the tracker's own fields stay the tracker's.
    if (typeof redacted !== 'object' || redacted === null) return;
    const { atMs } = event;
    seq++;
    ring.push(Object.freeze({ ...redacted, seq, atMs, feature, version }));
    // Handed over before the ring lets the first of them go.
    if (seq - handedOver >= maxEvents) flush();
    else cancelFlush ??= clock.after(flushIntervalMs, flush);
    changed();
  };

  const flush = (): void => {
    cancelFlush?.();
    cancelFlush = undefined;
    if (!isOn()) return;
    // What a function withdraws has to go although nobody asks any more.
    if (typeof consent === 'function' && ring.size() > 0) cancelFlush = clock.after(flushIntervalMs, flush);
    const fresh = ring.toArray().filter((event) => event.seq > handedOver);
    if (fresh.length === 0) return;
    handedOver = seq;
    if (counts && client) guard('counts', () => tellCounts(client, feature, fresh));
    // It may be async, and then reject.
    if (deliver)
      guard('deliver', () => void Promise.resolve(deliver(fresh)).catch((error: unknown) => fault('deliver', error)));
    if (status.state === 'on' && status.logOnly) {
      ring.clear();
      changed();
    }
  };

  return {
    track(name, attributes) {
      if (typeof name !== 'string' || !namePattern.test(name))
        refuseOption('the name of an activity', 'a letter, then up to 63 letters, digits, "_", "." or "-"', name);
      add({ kind: 'custom', name, attributes: readAttributes(attributes) });
    },
    events() {
      const isShown = isOn() && !(status.state === 'on' && status.logOnly);
      return (kept ??= isShown ? ring.toArray() : []);
    },
    status() {
      isOn();
      return status;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    flush,
    setConsent(next) {
      consent = next;
      isOn();
    },
    enable() {
      if (isEnabled) return;
      isEnabled = true;
      const stops = client ? [client.internals.cell(feature).subscribe(isOn), client.internals.subscribe(isOn)] : [];
      stopClient = () => stops.forEach((stop) => stop());
      isOn();
    },
    disable() {
      if (!isEnabled) return;
      isEnabled = false;
      stopClient();
      isOn();
    },
  };
}
