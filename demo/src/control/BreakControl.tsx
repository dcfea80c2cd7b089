import type { ReactNode } from 'react';
import { useValue } from '../data/valueStore.js';
import { featureNames, type DemoFeature } from '../features.js';
import { faultNames, faultStore, setFault, type Fault } from '../faults/faultStore.js';
import { log } from '../log/eventLog.js';
import { newVisit } from './users.js';

const explained: Readonly<Record<Fault, string>> = {
  off: 'v2 works. A panel that fell back tries again when it is reopened.',
  render: 'v2 throws while it renders: v1 takes its place, with everything in it.',
  effect: 'v2 throws in an effect, just after it appeared: a new visit was started to see that.',
  chunk: 'v2’s code does not arrive. A new visit was started, because code that is here cannot be lost.',
};

/** Breaks v2 of one feature on purpose. */
export function BreakControl({ feature }: { readonly feature: DemoFeature }): ReactNode {
  const fault = useValue(faultStore)[feature];
  const choose = (next: Fault): void => {
    setFault(feature, next);
    log(
      'demo',
      next === 'off' ? `${featureNames[feature]}: v2 mended` : `${featureNames[feature]}: v2 broken (${next})`,
    );
    if (next === 'chunk' || next === 'effect') newVisit();
  };
  return (
    <section className="break" aria-labelledby="break-title">
      <div className="section-head">
        <h3 id="break-title">Break v2</h3>
      </div>
      <div className="segments" role="group" aria-label={`Break v2 of ${featureNames[feature]}`}>
        {(Object.keys(faultNames) as Fault[]).map((choice) => (
          <button key={choice} type="button" aria-pressed={fault === choice} onClick={() => choose(choice)}>
            {faultNames[choice]}
          </button>
        ))}
      </div>
      <p className="hint">{explained[fault]}</p>
    </section>
  );
}
