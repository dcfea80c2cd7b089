import { useState, type ReactNode } from 'react';
import { FeatureRow } from './FeatureRow.js';
import type { PanelProps } from './panelProps.js';

/** All features, or those whose name has what is typed. */
export function FeatureList({ client, inspector }: PanelProps): ReactNode {
  const [search, setSearch] = useState('');
  const found = inspector.features.filter((feature) => feature.toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <section aria-labelledby="features">
      <h3 id="features">Features</h3>
      {inspector.features.length > 5 ? (
        <label className="field">
          Find a feature
          <input type="search" value={search} onChange={(event) => setSearch(event.target.value)} />
        </label>
      ) : null}
      {found.length === 0 ? <p>None.</p> : null}
      <ul className="features">
        {found.map((feature) => (
          <FeatureRow key={feature} feature={feature} client={client} inspector={inspector} />
        ))}
      </ul>
    </section>
  );
}
