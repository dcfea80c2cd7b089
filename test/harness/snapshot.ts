/** A rules snapshot as JSON, with every feature's rule filled in. */
export function rulesSnapshot(
  features: Record<string, Record<string, unknown>>,
  rest: Record<string, unknown> = {},
): Record<string, unknown> {
  const rules = Object.entries(features).map(([key, rule]) => [key, { enabled: true, percentage: 100, ...rule }]);
  return {
    schema: 1,
    kind: 'rules',
    epoch: 1,
    revision: 1,
    publishedAt: '2026-01-01T00:00:00.000Z',
    emergency: null,
    kills: [],
    features: Object.fromEntries(rules),
    ...rest,
  };
}
