// One tab whose observations are told apart by their features.
import { httpSink, type Observation } from 'react-switchback/client';

declare global {
  interface Window {
    reportingTab: Tab;
    /** Where batches go; set before the page's code runs. */
    metricsUrl: string;
  }
}

interface Tab {
  /** Observes so many features once each, named by a prefix. */
  observe(prefix: string, count: number): void;
  /** A version comes to the screen. */
  show(feature: string): void;
  flush(): void;
  /** Batches that are stored, by their senders. */
  stored(): readonly string[];
  /** How many versions would be silent if their tab were gone, of all tabs. */
  shown(): number;
  faults: string[];
}

const faults: string[] = [];
const sink = httpSink({
  url: window.metricsUrl,
  onInternalFault: (operation, error) => void faults.push(`${operation}: ${String(error)}`),
});

window.reportingTab = {
  observe(prefix, count) {
    for (let at = 0; at < count; at++) {
      const feature = `${prefix}${at}`;
      const labels = { feature, version: 'v2', arm: 'none', reason: 'DEFAULT', epoch: 1, revision: 1, stage: null };
      sink.observe({ ...labels, kind: 'attempt', atMs: Date.now() } as Observation, 'a'.repeat(24));
    }
  },
  show(feature) {
    const labels = { feature, version: 'v2', arm: 'v2', reason: 'SPLIT', epoch: 1, revision: 1, stage: null };
    sink.observe({ ...labels, kind: 'exposure', atMs: Date.now() } as Observation, 'b'.repeat(24));
  },
  flush: () => sink.flush?.(),
  stored() {
    const keys = Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at) ?? '');
    return keys.filter((key) => key.startsWith('switchback:queue:')).map((key) => key.split(':')[2] ?? '');
  },
  shown: () => Object.keys(localStorage).filter((key) => /^switchback:queue:[0-9a-f]{24}00/.test(key)).length,
  faults,
};
