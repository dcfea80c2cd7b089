import { refuseOption, showValue, SwitchbackError, type OnInternalFault } from '../../../error.js';
import { isObject } from '../../../evaluate/kind.js';
import { systemClock, type Clock } from '../../clock.js';
import { globalFetch, readServiceUrl, type Fetch } from '../../source/serviceUrl.js';
import { lateSink } from '../lateSink.js';
import type { OnHide } from '../onHide.js';
import type { Sink } from '../sink.js';
import type { AttributeValue } from './encoding.js';
import type { OtlpReporterOptions } from './otlpReporter.js';

/** Where a collector is, and what it is told of this app. */
export interface OtlpSinkOptions {
  /** Where the collector is, such as `https://collector.example.com:4318`; `/v1/metrics` and `/v1/logs` go below it. */
  readonly url: string;
  /** `service.name`; at most 255 characters, default `unknown_service`. */
  readonly serviceName?: string | undefined;
  /** `service.version`, such as the host's build. */
  readonly serviceVersion?: string | undefined;
  /** Further attributes of the resource, such as `deployment.environment.name`; at most 32. */
  readonly resource?: Readonly<Record<string, AttributeValue>> | undefined;
  /** Sent with every request, such as a collector's token; what is here is public. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether exposures and failures are sent as events to `/v1/logs`; default true. */
  readonly logs?: boolean | undefined;
  /** Hears of our own failures, each kind once. */
  readonly onInternalFault?: OnInternalFault | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  /** Draws from [0, 1). */
  readonly random?: (() => number) | undefined;
  /** Default: the page is hidden or left. */
  readonly onHide?: OnHide | undefined;
  /** Fetches the code that sends; default: by `import`. @internal */
  readonly load?: (() => Promise<{ createOtlpReporter(options: OtlpReporterOptions): Sink }>) | undefined;
}

const maxAttributes = 32;
const maxTextLength = 255;

/**
 * Reports to an OpenTelemetry collector by OTLP/HTTP in JSON: counts and durations as deltas, exposures as
 * `feature_flag.evaluation` events, failures as `exception` events. The code that does so is fetched with the first
 * observation.
 * @throws SwitchbackError `invalid-option`, naming the option and showing its value
 * @source docs/observe.md, "Sinks"
 */
export function otlpSink(options: OtlpSinkOptions): Sink {
  const url = readServiceUrl(options.url);
  const { clock = systemClock, fetch = globalFetch, random = Math.random, onInternalFault, onHide } = options;
  const { load = () => import('./otlpReporter.js'), logs: hasLogs = true, headers = {} } = options;
  checkEach('headers', headers, (value) => typeof value === 'string', 'text');
  const resource = resourceOf(options);
  const told = new Set<string>();
  const fault = (what: string, cause?: unknown): void => {
    if (told.has(what)) return;
    told.add(what);
    try {
      onInternalFault?.('sink otlp', new SwitchbackError('report-failed', `${url} ${what}`, { cause }));
    } catch {
      // There is nobody left to tell.
    }
  };
  return lateSink({
    name: 'otlp',
    load,
    open: ({ createOtlpReporter }, dropped) =>
      createOtlpReporter({ url, fetch, headers, resource, hasLogs, clock, random, dropped, fault, onHide }),
    clock,
    onFault: (error) => fault('its code did not arrive', error),
  });
}

function resourceOf({ serviceName, serviceVersion, resource = {} }: OtlpSinkOptions): Record<string, AttributeValue> {
  const isValue = (value: unknown) =>
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value)) ||
    (typeof value === 'string' && value.length <= maxTextLength);
  checkEach('resource', resource, isValue, `a number, true, false or at most ${maxTextLength} characters`);
  for (const [name, value] of Object.entries({ serviceName, serviceVersion }))
    if (value !== undefined && (typeof value !== 'string' || !isValue(value)))
      refuseOption(name, `at most ${maxTextLength} characters`, value);
  return {
    'service.name': serviceName ?? 'unknown_service',
    ...(serviceVersion !== undefined && { 'service.version': serviceVersion }),
    ...resource,
  };
}

function checkEach(name: string, values: unknown, accepts: (value: unknown) => boolean, expected: string): void {
  if (!isObject(values)) refuseOption(name, 'an object', values);
  const entries = Object.entries(values);
  if (entries.length > maxAttributes) refuseOption(name, `at most ${maxAttributes} entries`, values);
  for (const [key, value] of entries) if (!accepts(value)) refuseOption(`${name}[${showValue(key)}]`, expected, value);
}
