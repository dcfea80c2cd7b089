// Senders of metrics: each on a connection of its own, with its own numbers, one batch at a time.
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { bodyOf, openConnection, statusOf } from './wire.mjs';

/** Of the run under way or the last one. */
let run = null;

const histogram = { s: 3, n: 1, z: 0, sum: 41.2, min: 41.2, max: 41.2, o: 42, b: [1], l1: 3.718, l2: 13.826 };
const counts = {
  attempts: 1,
  exposures: 1,
  settled: 1,
  failed: { load: 0, render: 0, effect: 0, hydration: 0, event: 0, reported: 0 },
  aborted: 0,
  suppressedByBreaker: 0,
  overridden: 0,
};

/** A batch as the client writes it; one exposure in each bucket, so that the database can be asked for their sum. */
function writeBatch({ senderId, seq, features, epoch, revision }) {
  const startMs = Math.floor(Date.now() / 10_000) * 10_000;
  const buckets = features.map((feature) => ({
    feature,
    version: 'v1',
    arm: 'none',
    reason: 'DEFAULT',
    epoch,
    revision,
    stage: null,
    startMs,
    durationMs: 10_000,
    counts,
    histograms: {},
    units: { exposed: 0, error: 0, slow: 0, silent: 0 },
    sums: {},
    sampling: 1,
  }));
  const [first] = buckets;
  if (first !== undefined) first.histograms = { commitMs: histogram };
  const checksum = crc32(JSON.stringify(buckets)).toString(16).padStart(8, '0');
  const dropped = { queueFull: 0, expired: 0, storage: 0 };
  return JSON.stringify({
    schema: 1,
    senderId,
    seq,
    sentAt: Date.now(),
    build: 'bench',
    checksum,
    final: false,
    dropped,
    subjects: {},
    buckets,
  });
}

/**
 * Sends from `senders` connections until `seconds` have passed or the service is gone. With `pauseMs` each waits so long between two
 * batches, else it sends on when it is answered.
 */
export async function sendBatches({ url, senders, seconds, pauseMs = 0, features, epoch, revision }) {
  const { hostname, port, host } = new URL(url);
  const acknowledged = new Map();
  const delaysMs = [];
  const byStatus = {};
  run = { acknowledged, byStatus, bytes: 0 };
  const startedMs = performance.now();
  let answeredMs = startedMs;
  const untilMs = startedMs + seconds * 1_000;
  const send = async () => {
    const senderId = randomBytes(16).toString('hex');
    const mine = [];
    acknowledged.set(senderId, mine);
    await wait(Math.random() * Math.max(pauseMs, 1_000));
    const connection = openConnection({ host: hostname, port: Number(port) });
    await connection.opened;
    try {
      for (let seq = 1; performance.now() < untilMs; seq++) {
        const body = writeBatch({ senderId, seq, features, epoch, revision });
        run.bytes = Buffer.byteLength(body);
        const request = `POST /api/metrics HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${run.bytes}\r\n\r\n${body}`;
        const sentMs = performance.now();
        const answer = await connection.send(request);
        const status = statusOf(answer);
        byStatus[status] = (byStatus[status] ?? 0) + 1;
        answeredMs = performance.now();
        if (status === 200) {
          const { acceptedBuckets, status: outcome } = JSON.parse(bodyOf(answer));
          if (acceptedBuckets !== features.length || outcome !== 'accepted') throw new Error(bodyOf(answer));
          mine.push(seq);
          delaysMs.push(performance.now() - sentMs);
          await wait(pauseMs * (0.5 + Math.random()));
        } else await wait(1_000);
      }
    } catch {
      byStatus.broken = (byStatus.broken ?? 0) + 1;
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
  delaysMs.sort((a, b) => a - b);
  const at = (share) => delaysMs[Math.max(0, Math.ceil(delaysMs.length * share) - 1)] ?? null;
  return {
    acknowledged: [...acknowledged],
    byStatus,
    bytes: run.bytes,
    // Without the pauses after the last ones.
    tookMs: answeredMs - startedMs,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

/** How many were acknowledged so far. */
export const sentSoFar = () => run?.byStatus[200] ?? 0;

const wait = (ms) => (ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined);
