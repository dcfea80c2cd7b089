import { showValue, SwitchbackError } from '../../error.js';

/** Where OpenTelemetry points go, and as whose. */
export interface OtlpOptions {
  /** The whole address, such as `http://localhost:4318/v1/metrics`. */
  readonly endpoint: string;
  /** Sent with every request. They may be secrets: they are never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `switchback`. */
  readonly serviceName?: string;
  /** Attributes of the resource beside `service.name`. */
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  /** ms between two exports, 1,000 or more; default 60,000. */
  readonly everyMs?: number;
  /** ms for one request with its repetitions, 100 to 15,000; default 10,000. */
  readonly timeoutMs?: number;
  /** Default: none. */
  readonly compression?: 'gzip' | 'none';
}

const bad = (name: string, message: string): SwitchbackError =>
  new SwitchbackError('invalid-option', `${name}: ${message}`);

/**
 * Reads OpenTelemetry's own variables.
 * @returns undefined where none of them names a receiver
 * @throws SwitchbackError `invalid-option`, without values that may be secrets
 */
export function readOtlpOptions(env: Readonly<Record<string, string | undefined>>): OtlpOptions | undefined {
  const of = (name: string): string | undefined => env[name]?.trim() || undefined;
  const either = (part: string): string | undefined =>
    of(`OTEL_EXPORTER_OTLP_METRICS_${part}`) ?? of(`OTEL_EXPORTER_OTLP_${part}`);
  const own = of('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT');
  const common = of('OTEL_EXPORTER_OTLP_ENDPOINT');
  const isOff = of('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || of('OTEL_METRICS_EXPORTER') === 'none';
  if ((own === undefined && common === undefined) || isOff) return undefined;
  const protocol = either('PROTOCOL') ?? 'http/protobuf';
  if (protocol !== 'http/protobuf')
    throw bad('OTEL_EXPORTER_OTLP_PROTOCOL', `the service speaks http/protobuf, found ${showValue(protocol)}`);
  const compression = either('COMPRESSION');
  if (compression !== undefined && compression !== 'gzip' && compression !== 'none')
    throw bad('OTEL_EXPORTER_OTLP_COMPRESSION', `gzip or none, found ${showValue(compression)}`);
  const attributes = readPairs('OTEL_RESOURCE_ATTRIBUTES', of('OTEL_RESOURCE_ATTRIBUTES'));
  const serviceName = of('OTEL_SERVICE_NAME') ?? attributes['service.name'];
  const everyMs = readMs('OTEL_METRIC_EXPORT_INTERVAL', of('OTEL_METRIC_EXPORT_INTERVAL'));
  const timeoutMs = readMs('OTEL_EXPORTER_OTLP_TIMEOUT', either('TIMEOUT'));
  const headers = {
    ...readPairs('OTEL_EXPORTER_OTLP_HEADERS', of('OTEL_EXPORTER_OTLP_HEADERS')),
    ...readPairs('OTEL_EXPORTER_OTLP_METRICS_HEADERS', of('OTEL_EXPORTER_OTLP_METRICS_HEADERS')),
  };
  return checkOtlpOptions({
    endpoint: own ?? `${(common ?? '').replace(/\/+$/, '')}/v1/metrics`,
    headers,
    resourceAttributes: attributes,
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(everyMs === undefined ? {} : { everyMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(compression === undefined ? {} : { compression }),
  });
}

/** @throws SwitchbackError `invalid-option` */
export function checkOtlpOptions(options: OtlpOptions): OtlpOptions {
  const { endpoint, everyMs = 60_000, timeoutMs = 10_000, headers = {} } = options;
  // An address may carry a password: it is not shown.
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    throw bad('otlp.endpoint', 'an http or https address such as http://localhost:4318/v1/metrics');
  if (!(everyMs >= 1_000 && everyMs <= 86_400_000))
    throw bad('otlp.everyMs', `1000 to 86400000 ms, found ${showValue(everyMs)}`);
  if (!(timeoutMs >= 100 && timeoutMs <= 15_000))
    throw bad('otlp.timeoutMs', `100 to 15000 ms, found ${showValue(timeoutMs)}`);
  for (const [name, value] of Object.entries(headers))
    if (
      !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) ||
      typeof value !== 'string' ||
      /[^\t\x20-\x7e\x80-\xff]/.test(value)
    )
      throw bad('otlp.headers', `${showValue(name)} is no header, or its value cannot be one`);
  return options;
}

/** `a=b,c=d`, each percent-encoded. */
function readPairs(name: string, text = ''): Readonly<Record<string, string>> {
  const pairs = new Map<string, string>();
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const at = part.indexOf('=');
    if (at < 1) throw bad(name, 'key=value pairs, separated by commas');
    try {
      pairs.set(decodeURIComponent(part.slice(0, at).trim()), decodeURIComponent(part.slice(at + 1).trim()));
    } catch {
      throw bad(name, 'key=value pairs in which % begins a percent-encoded byte');
    }
  }
  return Object.fromEntries(pairs);
}

function readMs(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw bad(name, `whole ms, found ${showValue(text)}`);
  return Number(text);
}
