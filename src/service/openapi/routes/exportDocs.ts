import type { RouteDoc } from '../routeDoc.js';

/** What the document says of numbers for other programs. */
export const exportDocs = {
  scrape: {
    tag: 'health',
    id: 'scrape',
    summary: 'Counts of all replicas since the beginning, and how this replica is, for Prometheus.',
    headers: { Accept: { description: 'OpenMetrics where it is preferred, else text format 0.0.4.', required: false } },
    answers: {
      200: {
        description: 'Counts only: no user, no reason, no owner.',
        contentType: ['text/plain', 'application/openmetrics-text'],
      },
    },
    problems: [],
  },
} as const satisfies Readonly<Record<string, RouteDoc>>;
