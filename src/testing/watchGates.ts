import type { DecisionCell } from '../client/decisions.js';
import type { Gate } from '../client/gate.js';
import type { Version } from '../evaluate/snapshot.js';

/** What one mounted gate, or one hook, shows of a feature; `loading`: a placeholder. */
export type Shown = Version | 'loading';

/** What the gates of a client show right now. */
export interface Watch {
  gate(feature: string, gate: Gate): Gate;
  cell(feature: string, cell: DecisionCell): DecisionCell;
  /** One entry for each gate and each hook that is mounted. */
  onScreen(feature: string): readonly Shown[];
  /** Whether a version was on the screen at any time. */
  wasShown(feature: string, version: Version): boolean;
  /** What made v1 take v2's place in the gates that are mounted. */
  failures(feature: string): readonly unknown[];
}

interface Watched {
  readonly gate: Gate;
  committed: Version | undefined;
  hasPlaceholder: boolean;
}

export function createWatch(): Watch {
  const mounted = new Map<string, Set<Watched>>();
  const hooks = new Map<string, { readonly cell: DecisionCell; readonly watched: DecisionCell; count: number }>();
  const seen = new Set<string>();
  const gatesOf = (feature: string): readonly Watched[] => [...(mounted.get(feature) ?? [])];

  return {
    gate(feature, gate) {
      const watched: Watched = { gate, committed: undefined, hasPlaceholder: false };
      const { connect, configure, committed, concealed } = gate;
      gate.connect = () => {
        const gates = mounted.get(feature) ?? new Set();
        mounted.set(feature, gates.add(watched));
        const disconnect = connect.call(gate);
        return () => {
          gates.delete(watched);
          disconnect();
        };
      };
      gate.configure = (settings, keepsV1) => {
        watched.hasPlaceholder = 'loading' in settings && settings.loading !== undefined;
        return configure.call(gate, settings, keepsV1);
      };
      gate.committed = (version, commitMs) => {
        watched.committed = version;
        committed.call(gate, version, commitMs);
        seen.add(`${feature}|${version}`);
      };
      gate.concealed = (version) => {
        if (watched.committed === version) watched.committed = undefined;
        concealed.call(gate, version);
      };
      return gate;
    },
    cell(feature, cell) {
      const known = hooks.get(feature);
      if (known?.cell === cell) return known.watched;
      const watched: DecisionCell = {
        ...cell,
        subscribe(listener) {
          hook.count++;
          const note = (): void => void seen.add(`${feature}|${cell.get().version}`);
          note();
          const stop = cell.subscribe(() => {
            note();
            listener();
          });
          return () => {
            hook.count--;
            stop();
          };
        },
      };
      const hook = { cell, watched, count: 0 };
      hooks.set(feature, hook);
      return watched;
    },
    onScreen(feature) {
      const { cell, count } = hooks.get(feature) ?? { count: 0 };
      const version = cell?.get().version ?? 'v1';
      return [...gatesOf(feature).map(shownBy), ...Array.from({ length: count }, () => version)];
    },
    wasShown: (feature, version) => seen.has(`${feature}|${version}`),
    failures: (feature) =>
      gatesOf(feature).flatMap(({ gate }) => {
        const view = gate.getView();
        return view.shows === 'v1' && view.because === 'failed' ? [view.error] : [];
      }),
  };
}

function shownBy({ gate, committed, hasPlaceholder }: Watched): Shown {
  const view = gate.getView();
  if (view.shows === 'v1') return 'v1';
  if (view.shows === 'v2' && committed === 'v2') return 'v2';
  // v2 is under way: a v1 that was there stays, and else fills the time where no placeholder was given.
  const keepsV1 = committed === 'v1' || (view.shows === 'loading' && view.keepsV1);
  return keepsV1 || !hasPlaceholder ? 'v1' : 'loading';
}
