import { Hono, type Context } from 'hono';
import type * as v from 'valibot';
import type { OnInternalFault } from '../../error.js';
import type { RouteDoc } from '../openapi/routeDoc.js';
import type { ChangeSource, Role } from '../store.js';
import type { Access } from './access.js';
import type { ClientOf } from './clientAddress.js';
import { refuseForeignPage } from './foreignPage.js';
import { Problem, problemResponse } from './problem.js';
import { isChange, refuseChange } from './readOnly.js';
import type { RequestOrigin } from './requestOrigin.js';
import { preflightHeaders, setSecurityHeaders } from './securityHeaders.js';

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
  /** Takes tokens out of a text that is kept. */
  readonly redact: (text: string) => string;
  /** Of the caller, past trusted proxies. */
  readonly address: string;
  readonly origin: RequestOrigin;
}

/** One row of the route table. Public routes answer any origin; the others need a token of at least that role. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly access: 'public' | Role;
  /** Whether it changes what is stored, and so is refused by a read-only service. Default: what needs a token and is no GET. */
  readonly changes?: boolean;
  /** What the body is validated with; absent: none is read. */
  readonly takes?: v.GenericSchema;
  /** What the OpenAPI document says: without the answers of a route, its callers and tests know nothing of them. */
  readonly doc: RouteDoc;
  readonly run: (call: Call) => Response | Promise<Response>;
}

interface Bindings {
  readonly Bindings: { readonly origin: RequestOrigin };
}

/** What decides over every request before its route does. */
export interface RouterOptions {
  readonly access: Access;
  readonly clientOf: ClientOf;
  readonly readOnly: boolean;
  readonly onInternalFault: OnInternalFault;
}

/**
 * Serves a route table: tokens, CORS, 404 and 405, problems and headers are decided here, once for all routes.
 * @returns what answers a request; never throws
 */
export function createRouter(
  routes: readonly Route[],
  { access, clientOf, readOnly, onInternalFault }: RouterOptions,
): (request: Request, origin: RequestOrigin) => Promise<Response> {
  const app = new Hono<Bindings>({ strict: true });
  const byPath = new Map<string, Route[]>();
  let wasToldOfProxy = false;
  for (const route of routes) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route]);

  const answer = async (
    c: Context<Bindings>,
    path: string,
    isPublic: boolean,
    run: (requestId: string, address: string) => Response | Promise<Response>,
  ) => {
    const request = c.req.raw;
    const requestId = newRequestId();
    const { address, isSecure, isForwarded } = clientOf(request, c.env.origin.address ?? 'unknown');
    if (isForwarded && !wasToldOfProxy) {
      wasToldOfProxy = true;
      onInternalFault(
        'trustProxy',
        new Error(`X-Forwarded-For of ${address} is not believed; if that is your proxy, trust it`),
      );
    }
    let response: Response;
    try {
      response = await run(requestId, address);
    } catch (error) {
      // The route, not the path: what callers put there is not for a log.
      const fault = error instanceof Problem ? error.cause : error;
      if (fault !== undefined) onInternalFault(`${request.method} ${path}`, fault);
      const problem = error instanceof Problem ? error : new Problem('internal-error', 'see the service log');
      response = problemResponse(problem, requestId, access.redact);
    }
    setSecurityHeaders(response.headers, isPublic, isSecure);
    response.headers.set('x-request-id', requestId);
    if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
    return response;
  };

  for (const [path, sameRoutes] of byPath) {
    const isPublic = sameRoutes.every((route) => route.access === 'public');
    for (const route of sameRoutes)
      app.on(route.method, path, (c) =>
        answer(c, path, isPublic, async (requestId, address) => {
          const request = c.req.raw;
          let actor = 'public';
          if (route.access !== 'public') {
            refuseForeignPage(request);
            actor = (await access.authorize(request, route.access, address)).name;
          }
          if (readOnly && isChange(route)) throw refuseChange(route);
          return route.run({
            request,
            query: new URL(request.url).searchParams,
            param: (name) => c.req.param(name) ?? '',
            requestId,
            actor,
            source: sourceOf(request),
            redact: access.redact,
            address,
            origin: c.env.origin,
          });
        }),
      );
  }
  // After all routes: /api/features/disable must not be taken for a feature called disable.
  for (const [path, sameRoutes] of byPath) {
    const isPublic = sameRoutes.every((route) => route.access === 'public');
    app.all(path, (c) => {
      const allow = sameRoutes.map(({ method }) => method).join(', ');
      return answer(c, path, isPublic, () => {
        if (isPublic && c.req.raw.method === 'OPTIONS')
          return new Response(null, { status: 204, headers: preflightHeaders });
        throw new Problem('method-not-allowed', `${allow} here`, { headers: { allow } });
      });
    });
  }
  app.notFound((c) =>
    answer(c, 'an unknown route', false, () => {
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
