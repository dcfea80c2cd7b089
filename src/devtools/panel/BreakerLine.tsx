import type { ReactNode } from 'react';
import { assertNever } from '../../error.js';
import type { BreakerState } from '../../guard/breaker.js';
import { formatDuration } from './formatDuration.js';
import type { PanelProps } from './panelProps.js';

/** How the breaker stands, and the ways to move it. */
export function BreakerLine({ client, inspector, feature }: PanelProps & { readonly feature: string }): ReactNode {
  const { breakers, clock } = client.internals.parts;
  const state = breakers.stateOf(feature);
  const isClosed = state.state === 'closed';
  const toggle = (): void => {
    if (isClosed) breakers.move(feature, 'incident', true);
    else {
      breakers.reset(feature);
      inspector.retry(feature);
    }
  };
  return (
    <>
      <dt>Breaker</dt>
      <dd className="row">
        <span>{describe(state, clock.now())}</span>
        <button type="button" onClick={toggle}>
          {isClosed ? 'Trip' : 'Reset'}
        </button>
      </dd>
    </>
  );
}

function describe(breaker: BreakerState, nowMs: number): string {
  switch (breaker.state) {
    case 'closed': {
      const { length } = breaker.incidentsMs;
      return length === 0 ? 'closed' : `closed, ${length} ${length === 1 ? 'failure' : 'failures'} of late`;
    }
    case 'open':
      return `open for another ${formatDuration(breaker.untilMs - nowMs)}`;
    case 'halfOpen':
      return 'half open: one gate may try';
    default:
      return assertNever(breaker);
  }
}
