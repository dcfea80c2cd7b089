import { showValue } from '../../error.js';
import { readDocs } from '../openapi/routes/readDocs.js';
import type { AcceptedBucket, BatchResult } from '../store.js';
import { batchBody, batchCaps, parseBatch, parseBucket } from './batchBody.js';
import { checkBucket } from './checkBucket.js';
import { publicContentTypes, readJson } from './readBody.js';
import type { Call, Route } from './router.js';
import { unavailable } from './problem.js';
import { currentOf, json, type Service } from './service.js';
import { callStore } from './storeCall.js';
import { createTurns } from './turns.js';

/** Why one bucket of a batch was not taken. */
interface Rejection {
  readonly index: number;
  readonly code: 'invalid' | 'unknown-feature' | 'expired' | 'future' | 'version-mismatch' | 'sender-limit';
  readonly detail: string;
}

/** What was counted in another way than it was sent. */
interface Note {
  readonly code: 'number-reused' | 'users-left-out' | 'names-left-out';
  readonly count: number;
  readonly detail: string;
}

const futureMs = 300_000;

/** Takes batches from browsers; answers 200 only after they are committed. */
export function metricsRoute(service: Service): Route {
  const { store, replica, revisions, clock, intake } = service;

  const turns = createTurns({ maxWaiting: 1_500, maxWaitMs: 2_000 });
  const turn = async (): Promise<void> => {
    if (!(await turns.next())) throw unavailable('more batches arrive than can be read');
  };

  const take = async ({ request }: Call): Promise<Response> => {
    const body = await readJson(request, { maxBytes: batchCaps.bytes, contentTypes: publicContentTypes, turn });
    const batch = parseBatch(body);
    const current = await currentOf(service);
    const rejected: Rejection[] = [];
    const accepted: AcceptedBucket[] = [];
    for (const [index, sent] of batch.buckets.entries()) {
      const taken = await accept(sent, batch.subjects);
      if ('code' in taken) rejected.push({ index, ...taken });
      else accepted.push(taken);
    }
    const { senderId, seq, checksum, dropped } = batch;
    const result = await callStore(clock, () =>
      store.storeBatch({ senderId, seq, checksum, dropped, buckets: accepted }),
    );
    if (result.status === 'stored') intake.noteConnections(batch.connections);
    const refused = result.status === 'limited' ? batch.buckets.map((_, index) => ({ index, ...overLimit })) : rejected;
    const notes = notesOf(result);
    intake.note(result.status, batch.buckets.length - refused.length, [...refused, ...notes]);
    return json({
      status: result.status === 'duplicate' ? 'duplicate' : refused.length > 0 ? 'partial' : 'accepted',
      acceptedBuckets: batch.buckets.length - refused.length,
      rejectedBuckets: refused.length,
      partialSuccess: refused,
      notes,
      gaps: result.gaps,
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
        detail: `version ${bucket.version} in arm ${bucket.arm} for ${bucket.reason} at stage ${showValue(bucket.stage)} is not what revision ${revision} gives`,
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

const overLimit = {
  code: 'sender-limit',
  detail: 'this sender brought more values than a page can: nothing of this batch counts',
} as const;

function notesOf({ differs, usersLeftOut = 0, namesLeftOut = 0 }: BatchResult): readonly Note[] {
  const notes: readonly Note[] = [
    {
      code: 'number-reused',
      count: differs === true ? 1 : 0,
      detail: 'another batch was stored under this senderId and seq: this one is not',
    },
    {
      code: 'users-left-out',
      count: usersLeftOut,
      detail: 'this sender brought more users of a feature than a page can: their buckets count, they do not',
    },
    {
      code: 'names-left-out',
      count: namesLeftOut,
      detail: 'a feature has at most 200 series: these values were counted as other',
    },
  ];
  return notes.filter(({ count }) => count > 0);
}
