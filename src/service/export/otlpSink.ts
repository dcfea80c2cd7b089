import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { checkOtlpOptions, type OtlpOptions } from './otlpOptions.js';
import { redactSecrets } from '../tokenSecret.js';
import { toOtlpMetrics } from './otlpMetrics.js';
import { hearAnswers, nothingSaid } from './partialSuccess.js';
import type { PointSink, SendOutcome } from './pointSink.js';

/** How much longer than its own time the exporter may take before it is given up. */
const graceMs = 2_000;
const closeMs = 1_000;
const maxShown = 200;
/** Below that a value is a tenant's name, and would be found in any sentence. */
const minSecretLength = 8;
/** Statuses that say of the points, not of the receiver or the way to it, that they are no good. */
const refusals: ReadonlySet<number> = new Set([400, 413, 422]);

/**
 * Sends points as OTLP/HTTP protobuf, through OpenTelemetry's own exporter.
 * @throws SwitchbackError `invalid-option`
 */
export function createOtlpSink(options: OtlpOptions): PointSink {
  const { endpoint, headers = {}, serviceName = 'switchback', resourceAttributes = {} } = checkOtlpOptions(options);
  const { everyMs = 60_000, timeoutMs = 10_000, compression } = options;
  type Config = NonNullable<ConstructorParameters<typeof OTLPMetricExporter>[0]>;
  const exporter: PushMetricExporter = new OTLPMetricExporter({
    url: endpoint,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
    ...(compression === undefined ? {} : { compression: compression as NonNullable<Config['compression']> }),
  });
  // No service.instance.id: it is one stream of points, whichever replica sends it.
  const resource = resourceFromAttributes({ ...resourceAttributes, 'service.name': serviceName });
  const scope = { name: 'react-switchback' };
  // What a receiver repeats of a request may be secret.
  const sent = [...Object.values(headers), ...new URL(endpoint).searchParams.values()];
  // Without its scheme it is one still.
  const secrets = sent
    .flatMap((value) => [value, ...value.split(/\s+/)])
    .filter(({ length }) => length >= minSecretLength);
  let said = nothingSaid;
  hearAnswers(exporter, (heard) => (said = heard));
  const taken = (): SendOutcome => {
    const { rejected, message } = said;
    if (rejected === 0 && message === '') return { status: 'taken' };
    const what = rejected === 0 ? 'the receiver warns' : `the receiver rejects ${rejected} points`;
    // Cut afterwards: half a secret would not be known.
    const words = redactSecrets(message, secrets).slice(0, maxShown);
    return { status: 'taken', rejected, why: words === '' ? what : `${what}: ${words}` };
  };
  return {
    everyMs,
    send: (points) =>
      new Promise<SendOutcome>((resolve) => {
        const late = setTimeout(() => resolve({ status: 'failed', why: 'no answer in time' }), timeoutMs + graceMs);
        late.unref();
        const end = (outcome: SendOutcome): void => {
          clearTimeout(late);
          resolve(outcome);
        };
        said = nothingSaid;
        try {
          exporter.export({ resource, scopeMetrics: [{ scope, metrics: toOtlpMetrics(points) }] }, ({ code, error }) =>
            end(code === 0 ? taken() : outcomeOf(error)),
          );
        } catch (error) {
          end(outcomeOf(error));
        }
      }),
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeMs)));
      await Promise.race([exporter.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

/** Says what went wrong without what was sent or answered: both may hold secrets. */
function outcomeOf(error: unknown): SendOutcome {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'number')
    return { status: refusals.has(code) ? 'refused' : 'failed', why: `the receiver answers ${code}` };
  if (typeof code === 'string') return { status: 'failed', why: `the receiver is not reached (${code.slice(0, 32)})` };
  return { status: 'failed', why: 'the receiver does not take points now' };
}
