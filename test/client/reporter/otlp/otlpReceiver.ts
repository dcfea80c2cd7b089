import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkOtlp } from './checkOtlp.js';

type Attributes = Readonly<Record<string, unknown>>;

export interface ReceivedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly kind: string;
  readonly attributes: Attributes;
  readonly point: Readonly<Record<string, unknown>>;
}

export interface ReceivedEvent {
  readonly eventName: string;
  readonly severityNumber: number;
  readonly timeUnixNano: string;
  readonly attributes: Attributes;
}

interface Request {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: number;
  readonly resource: Attributes;
}

/** A collector: takes OTLP/HTTP in JSON, holds every request to what OTLP demands, and keeps what it took. */
export interface OtlpReceiver {
  readonly url: string;
  readonly requests: Request[];
  /** Of requests that were answered 200 alone. */
  readonly points: ReceivedPoint[];
  readonly events: ReceivedEvent[];
  /** What a strict receiver would not have. */
  readonly problems: string[];
  /** Replaces the answer; true: it has answered, and what came does not count. */
  answer: (path: string, response: ServerResponse) => boolean;
  sum(metric: string, where?: Attributes): number;
  close(): Promise<void>;
}

interface KeyValue {
  readonly key: string;
  readonly value: object;
}
const read = (attributes: readonly KeyValue[]): Attributes =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** Reads a request that holds to OTLP. */
export function readPoints(value: unknown): readonly ReceivedPoint[] {
  interface Metric {
    readonly name: string;
    readonly unit: string;
  }
  const { resourceMetrics } = value as { resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] }[] };
  return resourceMetrics
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics)
    .flatMap((metric) =>
      (['sum', 'gauge', 'exponentialHistogram'] as const).flatMap((kind) => {
        const { dataPoints = [] } =
          (metric as Metric & Record<string, { dataPoints: { attributes: KeyValue[] }[] } | undefined>)[kind] ?? {};
        return dataPoints.map(({ attributes, ...point }) => ({
          metric: metric.name,
          unit: metric.unit,
          kind,
          attributes: read(attributes),
          point: point as Record<string, unknown>,
        }));
      }),
    );
}

function readEvents(value: unknown): readonly ReceivedEvent[] {
  type Raw = Omit<ReceivedEvent, 'attributes'> & { attributes: KeyValue[] };
  const { resourceLogs } = value as { resourceLogs: { scopeLogs: { logRecords: Raw[] }[] }[] };
  return resourceLogs
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
    .map((record) => ({ ...record, attributes: read(record.attributes) }));
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const requests: Request[] = [];
  const points: ReceivedPoint[] = [];
  const events: ReceivedEvent[] = [];
  const problems: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      const bytes = Buffer.concat(chunks);
      const value: unknown = JSON.parse(bytes.toString());
      problems.push(...checkOtlp(path, value));
      if (request.method !== 'POST' || request.headers['content-type'] !== 'application/json')
        problems.push(`${request.method} ${request.headers['content-type']}`);
      const [{ resource }] = Object.values(value as object)[0] as [{ resource: { attributes: KeyValue[] } }];
      requests.push({ path, headers: request.headers, bytes: bytes.length, resource: read(resource.attributes) });
      if (receiver.answer(path, response)) return;
      if (path === '/v1/metrics') points.push(...readPoints(value));
      else events.push(...readEvents(value));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    points,
    events,
    problems,
    answer: () => false,
    sum: (metric, where = {}) =>
      points
        .filter((point) => point.metric === metric)
        .filter(({ attributes }) => Object.entries(where).every(([key, value]) => attributes[key] === value))
        .reduce((total, { point }) => total + Number(point['asInt'] ?? point['asDouble'] ?? point['count']), 0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
