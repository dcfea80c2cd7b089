import { useId, useState, type ReactNode } from 'react';
import { FailureFields } from '../../render/breaking/FailureFields.js';
import { BreakerLine } from './BreakerLine.js';
import { explain } from './explain.js';
import { OverrideField } from './OverrideField.js';
import type { PanelProps } from './panelProps.js';

interface FeatureRowProps extends PanelProps {
  readonly feature: string;
}

/** One feature: what is on the screen and why, and what can be done about it. */
export function FeatureRow({ client, inspector, feature }: FeatureRowProps): ReactNode {
  const id = useId();
  const { parts } = client.internals;
  const { version, reason } = client.getDecision(feature);
  const failures = inspector.failuresOf(feature);
  const fault = inspector.faultOf(feature);
  const definition = parts.features[feature];
  const [isOpen, setOpen] = useState(inspector.features.length <= 3);
  const health = parts.read().monitor?.getHealth(feature);

  return (
    <li className="feature" aria-labelledby={id}>
      <h4 id={id}>
        <button type="button" className="name" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <span>{feature}</span>
          <span className="chips">
            <span className="chip" data-version={version}>
              {version}
            </span>{' '}
            <span className="chip">{reason}</span>
            {failures ? <span className="chip bad"> {failures.count} failed</span> : null}
          </span>
        </button>
      </h4>
      {isOpen ? (
        <div className="details">
          {definition?.description ? <p>{definition.description}</p> : null}
          <dl className="facts">
            <dt>On screen</dt>
            <dd>{onScreen(client, feature, inspector.isLate(feature))}</dd>
            <dt>Why</dt>
            <dd>
              {explain(client, feature).map((sentence) => (
                <p key={sentence}>{sentence}</p>
              ))}
            </dd>
            <BreakerLine client={client} inspector={inspector} feature={feature} />
            {failures ? (
              <>
                <dt>Last failure</dt>
                <dd className="error">{failures.last}</dd>
              </>
            ) : null}
            {health ? (
              <>
                <dt>Health</dt>
                <dd>{health.level}</dd>
              </>
            ) : null}
            {definition?.owner ? (
              <>
                <dt>Owner</dt>
                <dd>{definition.owner}</dd>
              </>
            ) : null}
          </dl>
          <OverrideField client={client} inspector={inspector} feature={feature} />
          <FailureFields
            {...fault}
            isDisabled={false}
            onFailure={(failure) => inspector.breakV2(feature, { ...fault, failure })}
            onDelay={(delayMs) => inspector.breakV2(feature, { ...fault, delayMs })}
          />
          <p className="row">
            <button type="button" onClick={() => inspector.retry(feature)}>
              Try v2 again
            </button>
          </p>
        </div>
      ) : null}
    </li>
  );
}

const whys = {
  decision: 'decided',
  held: 'held until its gates are gone',
  tripped: 'held by the breaker',
  failed: 'in place of a v2 that failed',
} as const;

/** What the gates of a feature show, alike ones together. */
function onScreen(client: PanelProps['client'], feature: string, isLate: boolean): string {
  const counts = new Map<string, number>();
  for (const gate of client.internals.parts.gates.visible(feature)) {
    const view = gate.getView();
    const shown =
      view.shows === 'v1'
        ? `v1, ${whys[view.because]}`
        : view.shows === 'v2' && !isLate
          ? 'v2'
          : 'v1 while v2’s code comes';
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  const texts = Array.from(counts, ([shown, count]) => (count === 1 ? shown : `${shown} (${count} gates)`));
  return texts.join('; ') || 'no gate of it is on this page';
}
