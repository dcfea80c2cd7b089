import type { WithBaselines } from '../baselines/baselineStore.js';
import { startBaselineScheduler } from '../baselines/baselineScheduler.js';
import { startExport } from '../export/exportScheduler.js';
import type { PointSink } from '../export/pointSink.js';
import type { ExportState, WithTotals } from '../export/totalsStore.js';
import { baselineRoutes } from './baselineRoutes.js';
import type { Route } from './router.js';
import { scrapeRoute } from './scrapeRoute.js';
import type { Service } from './service.js';

/** What is done with numbers beside storing and reading them. */
export interface Measuring {
  readonly routes: readonly Route[];
  /** How the export stands; null where there is none, or before it was read. */
  exportState(): ExportState | null;
  stop(): void;
  /** Ends after `stop`, when nothing is being exported any more. */
  readonly ended: Promise<void>;
}

export interface MeasuringOptions {
  readonly store: Partial<WithTotals> & Partial<WithBaselines>;
  readonly pointSink: PointSink | undefined;
  /** ms between two looks at the baselines. */
  readonly baselineTickMs: number;
}

/** Exports numbers, shows them to Prometheus, and records baselines, as far as the store keeps what that takes. */
export function startMeasuring(service: Service, options: MeasuringOptions): Measuring {
  const { clock, readOnly, onInternalFault } = service;
  const { store, pointSink, baselineTickMs } = options;
  const { totals, baselines } = store;
  const exporting =
    totals === undefined || pointSink === undefined || readOnly
      ? null
      : startExport({ totals, sink: pointSink, holder: crypto.randomUUID(), clock, onInternalFault });
  const stopBaselines =
    baselines === undefined || readOnly
      ? () => {}
      : startBaselineScheduler({ baselines, clock, everyMs: baselineTickMs, onInternalFault });
  const exportState = (): ExportState | null => exporting?.state() ?? null;
  return {
    routes: [
      scrapeRoute(service, { totals, exportState }),
      ...(baselines === undefined ? [] : baselineRoutes(service, baselines)),
    ],
    exportState,
    ended: exporting?.ended ?? Promise.resolve(),
    stop() {
      stopBaselines();
      exporting?.stop();
    },
  };
}
