import { useEffect, useState, type ReactNode } from 'react';
import type { SwitchbackClient } from '../../client/switchbackClient.js';
import { formatDuration } from './formatDuration.js';

/** Where the snapshot comes from, how old it is, and how the connection is. */
export function ConnectionLine({ client }: { readonly client: SwitchbackClient }): ReactNode {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  const { parts } = client.internals;
  const { snapshot, contactAtMs, isStale } = parts.read();
  const { status, error } = client.getStatus();
  const age = contactAtMs === null ? 'never' : `${formatDuration(parts.clock.now() - contactAtMs)} ago`;
  return (
    <dl className="facts">
      <dt>Connection</dt>
      <dd data-status={status}>{status}</dd>
      <dt>Snapshot</dt>
      <dd>
        {snapshot
          ? `revision ${snapshot.revision} of ${parts.source ?? 'the page'}${isStale ? ', too old for v2' : ''}`
          : 'none'}
      </dd>
      <dt>Heard</dt>
      <dd>{age}</dd>
      {error ? (
        <>
          <dt>Error</dt>
          <dd>{error.message}</dd>
        </>
      ) : null}
    </dl>
  );
}
