import type { Api } from './api.js';
import { CliError } from './exit.js';

/** How a feature did in the last quarter of an hour. */
export interface FeatureVerdict {
  readonly status: 'healthy' | 'degraded' | 'critical' | 'unknown';
  readonly versions: Readonly<
    Record<'v1' | 'v2', { readonly status: string; readonly reasons: readonly { readonly detail: string }[] }>
  >;
}

/** Asks the service; null where this token may not see it, or the service cannot tell. */
export async function readVerdict(api: Api, feature: string): Promise<FeatureVerdict | null> {
  try {
    return (await api.call<FeatureVerdict>('GET', `/api/features/${feature}/health`)).body;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return null;
  }
}

/** One line for each version, with what is wrong. */
export const verdictLines = ({ versions }: FeatureVerdict): readonly string[] =>
  (['v1', 'v2'] as const).map((version) => {
    const { status, reasons } = versions[version];
    const why = reasons.map(({ detail }) => detail).join('; ');
    return `health ${version}  ${status}${why === '' ? '' : `: ${why}`}`;
  });
