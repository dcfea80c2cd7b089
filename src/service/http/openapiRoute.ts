import { describeRoutes } from '../openapi/describeRoutes.js';
import { publicDocs } from '../openapi/routes/publicDocs.js';
import type { Route } from './router.js';

/** Serves the OpenAPI document of these routes and of itself. */
export function openapiRoute(routes: readonly Route[]): Route {
  let document: string | undefined;
  const route: Route = {
    method: 'GET',
    path: '/api/openapi.json',
    access: 'public',
    doc: publicDocs.openapi,
    run: () => {
      document ??= JSON.stringify(describeRoutes([...routes, route]));
      return new Response(document, { headers: { 'content-type': 'application/json' } });
    },
  };
  return route;
}
