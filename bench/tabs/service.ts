// A service over HTTP/1.1 whose changes the rounds make, on a store in memory: what is measured is the browser.
import { createHandler } from '../../src/service/http/createHandler.js';
import { listen } from '../../src/service/listen.js';
import { createMemoryStore } from '../../test/harness/memoryStore.js';

const token = 'admin-token-0123456789';

/**
 * Starts it, with a feature that is on for everybody.
 * @param isLarge the snapshot is too large for the stream: each tab fetches it
 */
export async function startTabService(isLarge: boolean) {
  const config = isLarge ? { text: 'x'.repeat(20_000) } : {};
  const store = createMemoryStore({ panel: { enabled: true, percentage: 100 }, other: { enabled: true, config } });
  const faults: string[] = [];
  const handler = createHandler({
    store,
    tokens: [{ token, role: 'admin', name: 'ada' }],
    onInternalFault: (operation, error) => void faults.push(`${operation}: ${String(error)}`),
  });
  const listener = await listen(handler, { port: 0, host: '127.0.0.1', drainMs: 500 });
  await handler.ready;

  const ask = async (path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(listener.url + path, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const enable = async (feature: string, percentage: number) =>
    (await ask('/api/features/enable', { feature, percentage, reason: 'bench' }))['revision'] as number;
  let changes = 0;
  return {
    url: listener.url,
    faults,
    /** Streams that are open. */
    streams: async () => (await ask('/api/health'))['streams'] as number,
    /** A change that reaches everybody; returns its revision. */
    publish: () => enable('other', 1 + (++changes % 90)),
    disable: async () => (await ask('/api/features/disable', { feature: 'panel' }))['revision'] as number,
    enable: () => enable('panel', 100),
    rollbackStatus: () => ask('/api/health/rollback-status'),
    async close() {
      handler.close();
      await listener.close();
    },
  };
}
