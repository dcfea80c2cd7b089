import { decide, type Decision } from '../decide/decide.js';
import type { Version } from '../evaluate/snapshot.js';
import type { GateHost } from './gateHost.js';

/** A version that one gate alone shows. */
export interface Choice {
  /** Null follows the decision again. Tell the gate to update. */
  choose(version: Version | null): void;
  /** The host of a gate that heeds the choice. Kills and trips still win. */
  wrap(host: GateHost): GateHost;
}

export function createChoice(): Choice {
  let chosen: Version | null = null;
  return {
    choose(version) {
      chosen = version;
    },
    wrap(host) {
      const { feature } = host;
      const decision = (): Decision => {
        const live = host.decision();
        if (!chosen || !feature || live.reason === 'CIRCUIT_OPEN' || host.isKill()) return live;
        return decide({ feature, override: { version: chosen } });
      };
      return { ...host, decision, viewFor: (gate) => host.viewFor(gate, decision()) };
    },
  };
}
