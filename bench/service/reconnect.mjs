// How a herd comes back, simulated with the client's own connection code.
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const script = fileURLToPath(new URL('./herd.ts', import.meta.url));

/** @returns rows of what was measured */
export async function measureReconnect({ clients }) {
  const vite = await createServer({
    configFile: false,
    logLevel: 'error',
    server: { middlewareMode: true, ws: false },
  });
  try {
    const { simulateOutage } = await vite.ssrLoadModule(script);
    const rows = [];
    for (const [ending, outageMs, name] of [
      ['reset', 5_000, 'a crash, back after 5 s'],
      ['bye', 5_000, 'SIGTERM, back after 5 s'],
      ['bye', 0, 'SIGTERM of one of several replicas'],
      ['reset', 0, 'streams reset, the service never away'],
    ]) {
      const { opened, tried, asked, backMs } = await simulateOutage({ clients, outageMs, ending, random: Math.random });
      rows.push({
        what: `${clients.toLocaleString('en')} clients, ${name}: streams in the busiest second (tries, GETs), 99 % back after`,
        measured: `${percent(opened)} (${percent(tried)}, ${percent(asked)}), ${(backMs / 1_000).toFixed(1)} s`,
        goal: outageMs > 0 ? '≤ 15 %' : '–',
        isMet: outageMs > 0 ? opened <= 0.15 : null,
      });
    }
    return rows;
  } finally {
    await vite.close();
  }
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;
