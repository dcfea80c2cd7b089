import type { LazySource } from './gateView.js';
import type { LoadRecord, Loads } from './loads.js';

/** One gate's view of a lazy v2's code, and whether it waits for it. */
export interface GateLoad {
  isWaiting: boolean;
  record(): LoadRecord;
  subscribe(listener: () => void): () => void;
  /** Asks for the code. @param onLoaded called with the duration, for one of the gates that wait */
  request(onLoaded: (loadMs: number) => void): void;
}

export function createGateLoad({ loader, options, preloaded }: LazySource, loads: Loads): GateLoad {
  return {
    isWaiting: false,
    record: () => preloaded() ?? loads.get(loader),
    subscribe: (listener) => loads.subscribe(loader, listener),
    request(onLoaded) {
      const isFirst = loads.get(loader).phase !== 'loading';
      void loads.request(loader, options).then(
        () => {
          const record = loads.get(loader);
          if (isFirst && record.phase === 'ready') onLoaded(record.loadMs);
        },
        () => {}, // the gates that wait read the record and fail with it
      );
    },
  };
}
