import type * as v from 'valibot';
import type { ProblemKind } from '../http/problem.js';

/** What routes are about; the order of the document. */
export const tags = {
  features: 'Features: their rules, config and owners.',
  rollback: 'Turning v2 off, for one feature or all of them, and on again.',
  plans: 'Rollouts that go on by themselves, stage by stage.',
  numbers: 'What happened: the audit, and v2 beside v1.',
  tokens: 'Who may call.',
  delivery: 'What pages and servers need to follow the rules. Public.',
  health: 'How the service is, and how far a rollback has come. Public.',
  ofrep: 'OpenFeature Remote Evaluation Protocol 0.3. Public.',
} as const;

export interface QueryDoc {
  readonly description: string;
  readonly schema: v.GenericSchema;
}

/** One answer of a route, other than problem documents. */
export interface AnswerDoc {
  readonly description: string;
  /** What the body is held to; absent: there is none, or it is a stream. */
  readonly schema?: v.GenericSchema;
  /** Default `application/json` where there is a schema, else none. Several where the request's `Accept` decides. */
  readonly contentType?: string | readonly string[];
  /** Of headers that only this answer has, what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly example?: unknown;
}

/** What the OpenAPI document says of a route, beside what the route's row says already. */
export interface RouteDoc {
  /** A verb and a noun; unique. */
  readonly id: string;
  readonly tag: keyof typeof tags;
  readonly summary: string;
  readonly query?: Readonly<Record<string, QueryDoc>>;
  /** Request headers that the route reads, and whether it has to have them. */
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly required: boolean }>>;
  readonly bodyIsOptional?: boolean;
  /** Of the request's body. */
  readonly example?: unknown;
  readonly answers: Readonly<Record<number, AnswerDoc>>;
  /** Problems beside those that every route of its kind may answer with. */
  readonly problems: readonly ProblemKind[];
}
