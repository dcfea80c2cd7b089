import { useEffect, useState, type ReactNode } from 'react';
import { useSwitchbackStatus } from 'react-switchback';
import { log } from '../log/eventLog.js';

const pollMs = 2_000;

/** Kills the service and starts it again: the page keeps what it knows. */
export function ServiceControl(): ReactNode {
  const { status } = useSwitchbackStatus();
  const [isBusy, setIsBusy] = useState(false);
  const [isDown, setIsDown] = useState(false);

  // It may have been killed or started in the terminal.
  useEffect(() => {
    let isGone = false;
    const look = async (): Promise<void> => {
      const running = await fetch('/demo-control/service')
        .then((response) => response.json() as Promise<{ running: boolean }>)
        .then(
          (answer) => answer.running,
          () => null,
        );
      if (!isGone && running !== null) setIsDown(!running);
    };
    void look();
    const timer = setInterval(() => void look(), pollMs);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [status]);

  const ask = async (what: 'kill' | 'start'): Promise<void> => {
    setIsBusy(true);
    try {
      const response = await fetch(`/demo-control/service/${what}`, { method: 'POST' });
      if (!response.ok) throw new Error(`the demo answered ${response.status}`);
      setIsDown(what === 'kill');
      log('demo', what === 'kill' ? 'the service was killed (kill -9)' : 'the service was started again');
    } catch (error) {
      log('demo', `could not ${what} the service: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      setIsBusy(false);
    }
  };

  return (
    <section className="service" aria-labelledby="service-title">
      <div className="section-head">
        <h3 id="service-title">Service</h3>
      </div>
      <div className="button-row">
        <button type="button" disabled={isBusy || isDown} onClick={() => void ask('kill')}>
          Kill it (-9)
        </button>
        <button type="button" disabled={isBusy || !isDown} onClick={() => void ask('start')}>
          Start it again
        </button>
      </div>
      <p className="hint">
        {isDown
          ? `It is gone. This page is ${status}, and everything on it still works.`
          : 'Kill it while you type in a panel: nothing blanks and nothing is lost.'}
      </p>
    </section>
  );
}
