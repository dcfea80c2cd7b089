import { evaluate, type AssignmentReason } from '../../evaluate/evaluate.js';
import { isObject } from '../../evaluate/kind.js';
import { parseSnapshot } from '../../evaluate/parseSnapshot.js';
import type { EvaluationContext, Snapshot } from '../../evaluate/snapshot.js';
import { snapshotOf } from './mockState.js';
import { frameOf } from './mockStreams.js';
import { answer, type MockCall, type MockCore, type MockRoute } from './mockRoute.js';

const reasons: Readonly<Record<AssignmentReason, string>> = {
  ROLLED_BACK: 'DISABLED',
  DISABLED: 'DISABLED',
  DENIED: 'TARGETING_MATCH',
  ERROR: 'UNKNOWN',
  PREREQUISITE: 'TARGETING_MATCH',
  TARGETING_MATCH: 'TARGETING_MATCH',
  SPLIT: 'SPLIT',
  STATIC: 'STATIC',
  UNKNOWN: 'UNKNOWN',
};

/** OFREP 0.3, by the same rules as the gates. */
export function ofrepMocks(core: MockCore): readonly MockRoute[] {
  const { state } = core;
  const cors = { 'access-control-allow-origin': '*' };
  const idOf = (): string => `${state.epoch}-${state.revision}`;
  const read = (): Snapshot | null => {
    const parsed = parseSnapshot(snapshotOf(state));
    return parsed.status === 'valid' ? parsed.snapshot : null;
  };
  const contextOf = ({ body }: MockCall): EvaluationContext | null =>
    isObject(body['context']) ? body['context'] : null;
  const flagOf = (snapshot: Snapshot, key: string, context: EvaluationContext) => {
    const { version, reason, kill, bucket } = evaluate(snapshot, key, context, { nowMs: core.nowMs() });
    const rule = snapshot.features.get(key);
    const config = rule !== undefined && 'config' in rule ? rule.config : {};
    return {
      key,
      value: version === 'v2',
      variant: version,
      reason: reasons[reason],
      metadata: {
        reason,
        ...(bucket !== undefined && { bucket }),
        ...(kill && { kill }),
        ...(Object.keys(config).length > 0 && { config: JSON.stringify(config) }),
      },
    };
  };
  const refuse = (status: number, key: string | null, errorCode: string, errorDetails: string): Response =>
    answer({ ...(key !== null && { key }), errorCode, errorDetails }, cors, status);

  return [
    {
      method: 'post',
      path: '/ofrep/v1/evaluate/flags',
      run(call) {
        const [snapshot, context] = [read(), contextOf(call)];
        if (snapshot === null || context === null)
          return refuse(400, null, 'INVALID_CONTEXT', 'context must be an object');
        const flags = [...snapshot.features.keys()].map((key) => flagOf(snapshot, key, context));
        const { epoch, revision } = state;
        const etag = `W/"${idOf()}-${JSON.stringify(flags).length}"`;
        if (call.request.headers.get('if-none-match') === etag)
          return new Response(null, { status: 304, headers: { ...cors, etag } });
        const metadata = { epoch, revision, emergency: snapshot.emergency !== null, configEtag: idOf() };
        const endpoint = { requestUri: '/ofrep/v1/events' };
        const eventStreams = [{ type: 'sse', endpoint, inactivityDelaySec: 120 }];
        return answer({ flags, metadata, eventStreams }, { ...cors, etag });
      },
    },
    {
      method: 'post',
      path: '/ofrep/v1/evaluate/flags/:key',
      run(call) {
        const key = call.params['key'] ?? '';
        const [snapshot, context] = [read(), contextOf(call)];
        if (snapshot === null || context === null)
          return refuse(400, key, 'INVALID_CONTEXT', 'context must be an object');
        if (!snapshot.features.has(key)) return refuse(404, key, 'FLAG_NOT_FOUND', 'there is no such feature');
        const { metadata, ...flag } = flagOf(snapshot, key, context);
        const { epoch, revision } = state;
        return answer({ ...flag, metadata: { ...metadata, epoch, revision } }, cors);
      },
    },
    {
      method: 'get',
      path: '/ofrep/v1/events',
      run: ({ request }) =>
        core.ofrepStreams.open(
          [frameOf('message', idOf(), { type: 'refetchEvaluation', etag: idOf() })],
          request.signal,
        ),
    },
  ];
}
