import { isSwitchbackError, type ExposureEvent, type FallbackEvent } from 'react-switchback';
import type { RootOptions } from 'react-dom/client';

/** The part of `@sentry/react` that is used; `import * as Sentry` fits. */
interface Sentry {
  captureException(error: unknown, hint?: { tags?: Record<string, string>; contexts?: Record<string, object> }): string;
  setTag(name: string, value: string): void;
}

const stackOf = ({ componentStack }: { componentStack?: string | undefined }) => ({ componentStack });

/** Sends every error once: what a gate caught with its feature and version, everything else as ever. */
export const reportTo = (sentry: Sentry) => ({
  /** For the provider. */
  provider: {
    onFallback: ({ feature, phase, error, componentStack }: FallbackEvent) =>
      void sentry.captureException(error, {
        tags: { feature: feature ?? 'none', version: 'v2', phase },
        contexts: { react: { componentStack } },
      }),
    onExposure: ({ feature, version }: ExposureEvent) => sentry.setTag(`switchback.${feature}`, version),
  },
  /** For `createRoot` or `hydrateRoot` of React 19. */
  root: {
    onCaughtError: (error, info) => {
      if (!isSwitchbackError(info)) sentry.captureException(error, { contexts: { react: stackOf(info) } });
    },
    onUncaughtError: (error, info) => void sentry.captureException(error, { contexts: { react: stackOf(info) } }),
  } satisfies RootOptions,
});
