import { Hono } from 'hono';
import type { OnInternalFault } from '../../error.js';
import type { ChangeSource, Role } from '../store.js';
import type { Access, Actor } from './access.js';
import { Problem, problemResponse } from './problem.js';

/** Where a request comes from, as far as the host knows. */
export interface RequestOrigin {
  /** The socket's address, for the throttle of wrong tokens. */
  readonly address?: string;
  /** Ends the connection at once; used for readers of the stream that are too slow. */
  readonly disconnect?: () => void;
}

/** One request on its way through a route. */
export interface Call {
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly param: (name: string) => string;
  /** `req-` and a random id; the `instance` of a problem and the request id of an audit entry. */
  readonly requestId: string;
  /** `public` on public routes. */
  readonly actor: string;
  readonly source: ChangeSource;
  readonly origin: RequestOrigin;
}

/** One row of the route table. Public routes answer any origin; the others need a token of at least that role. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly access: 'public' | Role;
  readonly run: (call: Call) => Response | Promise<Response>;
}

interface Bindings {
  readonly Bindings: { readonly origin: RequestOrigin };
}

const publicHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Date, ETag, Retry-After, X-Request-Id',
  'cross-origin-resource-policy': 'cross-origin',
};

const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'Content-Type, If-None-Match, Last-Event-ID, Cache-Control',
  'access-control-max-age': '86400',
};

const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/**
 * Serves a route table: tokens, CORS, 404 and 405, problems and headers are decided here, once for all routes.
 * @returns what answers a request; never throws
 */
export function createRouter(
  routes: readonly Route[],
  access: Access,
  onInternalFault: OnInternalFault,
): (request: Request, origin: RequestOrigin) => Promise<Response> {
  const app = new Hono<Bindings>({ strict: true });
  const byPath = new Map<string, Route[]>();
  for (const route of routes) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route]);

  const answer = async (
    request: Request,
    requestId: string,
    isPublic: boolean,
    run: () => Response | Promise<Response>,
  ) => {
    let response: Response;
    try {
      response = await run();
    } catch (error) {
      if (!(error instanceof Problem)) onInternalFault(`${request.method} ${new URL(request.url).pathname}`, error);
      const problem = error instanceof Problem ? error : new Problem('internal-error', 'see the service log');
      response = problemResponse(problem, requestId);
    }
    const extra = { ...commonHeaders, ...(isPublic ? publicHeaders : {}), 'x-request-id': requestId };
    for (const [name, value] of Object.entries(extra)) response.headers.set(name, value);
    if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
    return response;
  };

  for (const [path, sameRoutes] of byPath) {
    const isPublic = sameRoutes.every((route) => route.access === 'public');
    for (const route of sameRoutes)
      app.on(route.method, path, (c) => {
        const request = c.req.raw;
        const requestId = newRequestId();
        const origin = c.env.origin;
        return answer(request, requestId, isPublic, () => {
          const actor: Actor | null =
            route.access === 'public' ? null : access.authorize(request, route.access, origin.address ?? 'unknown');
          return route.run({
            request,
            query: new URL(request.url).searchParams,
            param: (name) => c.req.param(name) ?? '',
            requestId,
            actor: actor?.name ?? 'public',
            source: sourceOf(request),
            origin,
          });
        });
      });
  }
  // After all routes: /api/features/disable must not be taken for a feature called disable.
  for (const [path, sameRoutes] of byPath) {
    const isPublic = sameRoutes.every((route) => route.access === 'public');
    app.all(path, (c) => {
      const request = c.req.raw;
      const allow = sameRoutes.map(({ method }) => method).join(', ');
      return answer(request, newRequestId(), isPublic, () => {
        if (isPublic && request.method === 'OPTIONS')
          return new Response(null, { status: 204, headers: preflightHeaders });
        throw new Problem('method-not-allowed', `${allow} here`, { headers: { allow } });
      });
    });
  }
  app.notFound((c) =>
    answer(c.req.raw, newRequestId(), false, () => {
      throw new Problem('not-found', 'there is no such route; the API starts at /api');
    }),
  );
  return async (request, origin) => app.fetch(request, { origin });
}

const newRequestId = (): string => `req-${crypto.randomUUID()}`;

// A claim for the audit, not a right: whoever has the token may say which of ours it used.
function sourceOf(request: Request): ChangeSource {
  const claimed = request.headers.get('x-switchback-source');
  return claimed === 'cli' || claimed === 'ui' ? claimed : 'api';
}
