import { readDocs } from '../openapi/routes/readDocs.js';
import type { AcceptedBucket } from '../store.js';
import { batchBody, batchCaps, parseBatch, parseBucket } from './batchBody.js';
import { checkBucket } from './checkBucket.js';
import { publicContentTypes, readJson } from './readBody.js';
import type { Call, Route } from './router.js';
import { currentOf, json, type Service } from './service.js';
import { callStore } from './storeCall.js';

/** Why one bucket of a batch was not taken. */
interface Rejection {
  readonly index: number;
  readonly code: 'invalid' | 'unknown-feature' | 'expired' | 'future' | 'version-mismatch';
  readonly detail: string;
}

const futureMs = 300_000;

/** Takes batches from browsers; answers 200 only after they are committed. */
export function metricsRoute(service: Service): Route {
  const { store, replica, revisions, clock } = service;

  const take = async ({ request }: Call): Promise<Response> => {
    const body = await readJson(request, { maxBytes: batchCaps.bytes, contentTypes: publicContentTypes });
    const batch = parseBatch(body);
    const current = await currentOf(service);
    const rejected: Rejection[] = [];
    const accepted: AcceptedBucket[] = [];
    for (const [index, sent] of batch.buckets.entries()) {
      const taken = await accept(sent, batch.subjects);
      if ('code' in taken) rejected.push({ index, ...taken });
      else accepted.push(taken);
    }
    const { senderId, seq, dropped } = batch;
    const { status, gaps } = await callStore(clock, () =>
      store.storeBatch({ senderId, seq, dropped, buckets: accepted }),
    );
    return json({
      status: status === 'duplicate' ? 'duplicate' : rejected.length > 0 ? 'partial' : 'accepted',
      acceptedBuckets: accepted.length,
      rejectedBuckets: rejected.length,
      partialSuccess: rejected,
      gaps,
      revision: current.revision,
    });
  };

  const accept = async (
    sent: unknown,
    subjects: ReadonlyMap<string, string>,
  ): Promise<AcceptedBucket | Omit<Rejection, 'index'>> => {
    const bucket = parseBucket(sent);
    if (typeof bucket === 'string') return { code: 'invalid', detail: bucket };
    const { feature, epoch, revision, startMs } = bucket;
    // Only known features: a sender cannot fill the database with names of its own.
    if (replica.state()?.features.has(feature) !== true)
      return { code: 'unknown-feature', detail: `there is no feature "${feature}"` };
    const ageMs = clock.now() - startMs;
    if (ageMs > batchCaps.ageMs) return { code: 'expired', detail: 'older than 24 h' };
    if (ageMs < -futureMs) return { code: 'future', detail: 'more than 5 min ahead of the clock of the service' };
    const subject = subjects.get(feature);
    const consistency = checkBucket(bucket, subject, await revisions.find({ epoch, revision }));
    if (consistency === 'mismatch')
      return {
        code: 'version-mismatch',
        detail: `version ${bucket.version} in arm ${bucket.arm} for ${bucket.reason} is not what revision ${revision} gives`,
      };
    return { ...bucket, subject: subject ?? null, unverified: consistency === 'unverified' };
  };

  return {
    method: 'POST',
    path: '/api/metrics',
    access: 'public',
    changes: true,
    takes: batchBody,
    doc: readDocs.send,
    run: take,
  };
}
