import { useState, type ReactNode } from 'react';
import { overridesText, type Override } from '../../decide/override.js';
import { explain } from './explain.js';
import type { PanelProps } from './panelProps.js';

/** What is seen here, for somebody else: as a link with the forced versions, or as JSON. */
export function ShareSection({ client, inspector }: PanelProps): ReactNode {
  const [outcome, setOutcome] = useState('');
  const [text, setText] = useState<string>();
  const copy = async (copied: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(copied);
      setText(undefined);
      setOutcome('Copied.');
    } catch {
      setText(copied);
      setOutcome('The browser does not let the page copy. Copy it from here:');
    }
  };
  return (
    <section aria-labelledby="share">
      <h3 id="share">Share</h3>
      <p className="row">
        <button type="button" onClick={() => void copy(linkOf(client, inspector.features))}>
          Copy link
        </button>
        <button type="button" onClick={() => void copy(reportOf({ client, inspector }))}>
          Copy JSON
        </button>
      </p>
      <p role="status">{outcome}</p>
      {text === undefined ? null : (
        <textarea aria-label="Text to copy" readOnly value={text} rows={6} onFocus={(event) => event.target.select()} />
      )}
    </section>
  );
}

function linkOf(client: PanelProps['client'], features: readonly string[]): string {
  const forced = new Map<string, Override>();
  for (const feature of features) {
    // How long it counts is for whoever opens the link to say.
    const version = client.internals.parts.overrides.get(feature)?.version;
    if (version) forced.set(feature, { version });
  }
  const url = new URL(location.href);
  url.searchParams.delete('switchback');
  const separator = url.search ? '&' : '?';
  const query = forced.size > 0 ? `${separator}switchback=${overridesText(forced)}` : '';
  return `${url.origin === 'null' ? '' : url.origin}${url.pathname}${url.search}${query}${url.hash}`;
}

function reportOf({ client, inspector }: PanelProps): string {
  const { parts } = client.internals;
  const features = inspector.features.map((feature) => [
    feature,
    {
      ...client.getDecision(feature),
      why: explain(client, feature),
      override: parts.overrides.get(feature) ?? null,
      breaker: parts.breakers.stateOf(feature),
      failures: inspector.failuresOf(feature) ?? null,
      config: client.getConfig(feature),
    },
  ]);
  const { status, error, ...snapshot } = client.getStatus();
  const report = {
    page: location.href,
    userAgent: navigator.userAgent,
    source: parts.source ?? null,
    status,
    error: error?.message ?? null,
    snapshot,
    context: parts.read().context,
    features: Object.fromEntries(features) as object,
    events: inspector.events(),
  };
  const seen = new WeakSet<object>();
  return JSON.stringify(
    report,
    (_, value: unknown) => {
      if (typeof value === 'bigint') return String(value);
      if (typeof value !== 'object' || value === null) return value;
      // A context may hold anything, itself as well; what is met twice is written once.
      if (seen.has(value)) return '[again]';
      seen.add(value);
      return value;
    },
    2,
  );
}
