import type { ReactNode } from 'react';
import { useValue } from '../data/valueStore.js';
import { Crowd } from './Crowd.js';
import { EventLog } from './EventLog.js';
import { Numbers } from './Numbers.js';
import { chosenFeature } from './users.js';

/** What came of it: the numbers and the log. */
export function Evidence(): ReactNode {
  return (
    <div className="evidence">
      <section aria-labelledby="numbers-title">
        <div className="section-head">
          <h2 id="numbers-title">v1 against v2</h2>
          <Crowd />
        </div>
        <Numbers feature={useValue(chosenFeature)} />
      </section>
      <section aria-labelledby="log-title">
        <div className="section-head">
          <h2 id="log-title">Live log</h2>
        </div>
        <EventLog />
      </section>
    </div>
  );
}
