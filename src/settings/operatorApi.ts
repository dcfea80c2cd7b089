'use client';

import type { OperatorAction, OperatorChange, OperatorState, RollbackProgress } from './operatorFeature.js';
import { readHealth, type OperatorHealth } from './operatorHealth.js';
import { OperatorProblem, problemOf } from './operatorProblem.js';
import { readChanges, readProgress, readState } from './readOperator.js';

/** A bearer token of the role operator, or what finds one for each request. It is not kept, and never shown. */
export type OperatorToken = string | (() => string | Promise<string>);

export interface OperatorApiOptions {
  readonly token: OperatorToken;
  /** Where the service is, such as `/api`. */
  readonly url: string;
  readonly fetch: typeof fetch;
}

/** The service as an operator calls it. Every call rejects with an OperatorProblem, and with nothing else. */
export interface OperatorApi {
  readState(): Promise<OperatorState>;
  /** Newest first. @param limit 1–1000 */
  readChanges(feature: string, limit: number): Promise<readonly OperatorChange[]>;
  readProgress(): Promise<RollbackProgress>;
  /** Of v2, over the last 15 minutes. */
  readHealth(feature: string): Promise<OperatorHealth>;
  act(action: OperatorAction): Promise<void>;
}

const timeoutMs = 10_000;

/** One request: what is called and what is sent. */
export interface OperatorRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** After the url of the service. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly ifMatch?: string;
}

/** The request that an action is. */
export function requestOf(action: OperatorAction): OperatorRequest {
  const { feature, reason } = action;
  switch (action.kind) {
    case 'disable':
      return { method: 'POST', path: '/features/disable', body: { feature, reason } };
    case 'enable':
      return { method: 'POST', path: '/features/enable', body: { feature, percentage: action.percentage, reason } };
    case 'percentage':
      return {
        method: 'PATCH',
        path: `/features/${feature}`,
        body: { percentage: action.percentage, ...(reason === null ? {} : { reason }) },
        ifMatch: `"${action.rowRevision}"`,
      };
    case 'undo':
      return {
        method: 'POST',
        path: `/rollbacks/${action.rollbackId}/undo`,
        body: { reason, ...(action.isEmergency ? { features: [feature] } : {}) },
      };
  }
}

export function createOperatorApi({ token, url, fetch }: OperatorApiOptions): OperatorApi {
  const base = url.replace(/\/+$/, '');

  const call = async ({ method, path, body, ifMatch }: OperatorRequest): Promise<unknown> => {
    const secret = await findToken(token);
    const redact = (text: string): string => text.replaceAll(secret, '…');
    const signal = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await fetch(base + path, {
        method,
        signal,
        // A token goes to nobody else, and no cookie goes with it.
        redirect: 'error',
        credentials: 'omit',
        cache: 'no-store',
        headers: {
          authorization: `Bearer ${secret}`,
          'x-switchback-source': 'ui',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch {
      // Not what the browser says of it: it may hold anything.
      throw new OperatorProblem(signal.aborted ? 'lost' : 'unreachable', '');
    }
    const answer = parse(text);
    if (!response.ok) throw problemOf(response, answer, redact);
    return answer;
  };

  const read = async <T>(path: string, parseAnswer: (answer: unknown) => T | undefined): Promise<T> => {
    const found = parseAnswer(await call({ method: 'GET', path }));
    if (found === undefined) throw new OperatorProblem('garbled', '');
    return found;
  };

  return {
    readState: () => read('/features', readState),
    readChanges: (feature, limit) => read(`/audit?feature=${feature}&limit=${limit}`, readChanges),
    readProgress: () => read('/health/rollback-status', readProgress),
    readHealth: (feature) => read(`/features/${feature}/health`, readHealth),
    act: async (action) => {
      const answer = await call(requestOf(action));
      // Some other page at that address says 200 to everything.
      if (typeof (Object(answer) as { readonly revision?: unknown }).revision !== 'number')
        throw new OperatorProblem('garbled', '');
    },
  };
}

async function findToken(token: OperatorToken): Promise<string> {
  let secret: unknown;
  try {
    secret = typeof token === 'function' ? await token() : token;
  } catch {
    throw new OperatorProblem('token', '');
  }
  // What no header can carry is told without showing it.
  if (typeof secret !== 'string' || !/^[\x21-\x7e]{1,512}$/.test(secret)) throw new OperatorProblem('token', '');
  return secret;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
