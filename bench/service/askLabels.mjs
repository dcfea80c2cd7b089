// Senders that make up names: stages and measures, none of them twice.
import { randomBytes } from 'node:crypto';
import { bodyOf, openConnection, statusOf } from './wire.mjs';

const counts = {
  attempts: 1,
  exposures: 1,
  settled: 1,
  failed: { load: 0, render: 0, effect: 0, hydration: 0, event: 0, reported: 0 },
  aborted: 0,
  suppressedByBreaker: 0,
  overridden: 0,
};

/** Sends `labels` names of measures, and a stage with every ten of them, spread over `senders`. @returns answers by status */
export async function sendLabels({ url, senders, labels, feature, epoch }) {
  const { hostname, port, host } = new URL(url);
  const byStatus = {};
  let next = 0;
  let leftOut = 0;
  const writeBody = (senderId, seq) => {
    const buckets = Array.from({ length: 10 }, () => ({
      feature,
      version: 'v1',
      arm: 'none',
      reason: 'DEFAULT',
      epoch,
      // Of no revision: nobody can say that this stage is none.
      revision: 0,
      stage: `p${next}-s1`,
      startMs: Date.now(),
      durationMs: 10_000,
      counts,
      histograms: {},
      measures: Object.fromEntries(
        Array.from({ length: 10 }, () => [`label${(next += 1)}`, { kind: 'counter', unit: '1', n: 1, sum: 1 }]),
      ),
    }));
    return JSON.stringify({ schema: 1, senderId, seq, sentAt: Date.now(), final: false, subjects: {}, buckets });
  };
  const send = async () => {
    const senderId = randomBytes(16).toString('hex');
    const connection = openConnection({ host: hostname, port: Number(port) });
    await connection.opened;
    for (let seq = 1; next < labels; seq++) {
      const body = writeBody(senderId, seq);
      const head = `POST /api/metrics HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
      for (;;) {
        const answer = await connection.send(head + body);
        const status = statusOf(answer);
        byStatus[status] = (byStatus[status] ?? 0) + 1;
        if (status === 200) {
          const { notes } = JSON.parse(bodyOf(answer));
          leftOut += notes.find(({ code }) => code === 'names-left-out')?.count ?? 0;
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: senders }, send));
  return { byStatus, labels: next, leftOut };
}
