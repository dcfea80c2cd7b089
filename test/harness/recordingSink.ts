import type { Sink } from '../../src/client/reporter/sink.js';
import type { Observation } from '../../src/observe/observe.js';
import { addToTally, emptyTally, mergeCounts, emptyCounts, type Counts } from '../../src/observe/tally.js';

/** A sink that keeps everything it is given. */
export interface RecordingSink extends Sink {
  readonly observations: Observation[];
  /** What was counted for one version, over all features. */
  counts(version: 'v1' | 'v2'): Counts;
}

export function recordingSink(): RecordingSink {
  const observations: Observation[] = [];
  return {
    name: 'recording',
    observations,
    observe: (observation) => void observations.push(observation),
    counts: (version) =>
      observations
        .filter((observation) => observation.version === version)
        .map((observation) => {
          const tally = emptyTally(observation, observation.atMs);
          addToTally(tally, observation);
          return tally.counts;
        })
        .reduce(mergeCounts, emptyCounts),
  };
}
