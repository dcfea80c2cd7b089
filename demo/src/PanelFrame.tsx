import { Fragment, useState, type ReactNode } from 'react';
import { useFeatureDetails, useOverride } from 'react-switchback';
import { useValue } from './data/valueStore.js';
import { featureNames, type DemoFeature } from './features.js';
import { clearFallen, fallenStore } from './log/fallen.js';
import { screenStore } from './log/screen.js';

export interface PanelFrameProps {
  readonly feature: DemoFeature;
  readonly children: ReactNode;
}

/** A panel of the product, with a line below it that says why this version is on the screen. */
export function PanelFrame({ feature, children }: PanelFrameProps): ReactNode {
  const decision = useFeatureDetails(feature);
  const override = useOverride(feature);
  const shown = useValue(screenStore)[feature];
  const fallen = useValue(fallenStore)[feature];
  const [opening, setOpening] = useState(1);
  const reopen = (): void => {
    clearFallen(feature);
    setOpening((count) => count + 1);
  };
  const titleId = `panel-${feature}`;

  return (
    <section className="panel" aria-labelledby={titleId} data-feature={feature} data-shown={shown}>
      <header className="panel-head">
        <h2 id={titleId}>{featureNames[feature]}</h2>
        {override.version === null ? null : (
          <span className="override">
            <span className="override-badge">{override.version} chosen here</span>
            <button type="button" className="link-button" onClick={override.clear}>
              Follow the rollout<span className="visually-hidden">: {featureNames[feature]}</span>
            </button>
          </span>
        )}
      </header>
      <Fragment key={opening}>{children}</Fragment>
      <footer className="panel-foot">
        <span className="why" data-testid={`why-${feature}`}>
          {decision.version} <span aria-hidden="true">·</span> {decision.reason}
          {decision.bucket === undefined ? null : ` · bucket ${(decision.bucket / 100).toFixed(2)} %`}
        </span>
        <Hint shown={shown} isV2Wanted={decision.enabled} reason={decision.reason} fallen={fallen} onReopen={reopen} />
      </footer>
    </section>
  );
}

interface HintProps {
  readonly shown: string | undefined;
  readonly isV2Wanted: boolean;
  readonly reason: string;
  readonly fallen: string | undefined;
  readonly onReopen: () => void;
}

function Hint({ shown, isV2Wanted, reason, fallen, onReopen }: HintProps): ReactNode {
  if (shown !== 'v1') return null;
  if (reason === 'CIRCUIT_OPEN')
    return (
      <p className="notice">
        v2 failed three times here, so the breaker holds v1 for half a minute; then one new visit may try again.
      </p>
    );
  if (!isV2Wanted) return null;
  return (
    <p className="notice">
      {fallen === undefined
        ? 'v2 is ready. This panel stays as it is, so that nothing you typed is lost.'
        : `v2 failed (${fallen}); v1 took over and works.`}{' '}
      <button type="button" onClick={onReopen}>
        {fallen === undefined ? 'Reopen with v2' : 'Try v2 again'}
      </button>
    </p>
  );
}
