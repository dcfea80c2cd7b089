import * as v from 'valibot';
import type { StoreProbe } from '../../storeProbe.js';
import { featureKey, flag, order, percentage, share, text, time, version, whole } from './primitives.js';

export const health = v.object({
  status: v.picklist(['ok', 'degraded', 'down']),
  writable: flag,
  epoch: v.nullable(whole),
  revision: v.nullable(whole),
  emergency: flag,
  features: whole,
  kills: whole,
  streams: whole,
  ofrepStreams: whole,
  uptimeSeconds: whole,
  alarms: v.array(text),
  delivery: v.pipe(
    v.nullable(v.object({ rate: v.nullable(share), senders: whole, received: whole, dropped: whole, missing: whole })),
    v.description('How much of what pages counted in the last hour arrived, in values; null while it is not known'),
  ),
  intake: v.pipe(
    v.object({
      batches: v.object({ stored: whole, duplicate: whole, limited: whole }),
      acceptedBuckets: whole,
      refused: v.record(v.string(), whole),
      connections: v.record(v.string(), whole),
    }),
    v.description(
      'Of this process, since it started; refused by code, changes of the connection of pages by what they came to',
    ),
  ),
  export: v.pipe(
    v.nullable(
      v.object({
        status: v.picklist(['ok', 'failing']),
        sentUntil: v.nullable(time),
        sentPoints: whole,
        refusedPoints: whole,
        failures: whole,
        failure: v.nullable(text),
        waitingSince: v.nullable(time),
      }),
    ),
    v.description('To OpenTelemetry, of all replicas; null where nothing is exported'),
  ),
});

export const featureHealth = v.object({
  ...order,
  emergency: flag,
  features: v.record(
    v.string(),
    v.object({
      enabled: flag,
      percentage,
      rolloutPercentage: percentage,
      killed: flag,
      version,
      rollbackHistory: v.array(v.object({ timestamp: time, endedAt: v.nullable(time) })),
    }),
  ),
});

export const rollbackStatus = v.object({
  rollbackComplete: flag,
  target: v.nullable(v.object(order)),
  current: v.object(order),
  startedAt: v.nullable(time),
  elapsedSeconds: v.pipe(v.number(), v.minValue(0)),
  replicas: v.object({ total: whole, applied: whole, unreachable: whole }),
  streams: v.object({ connected: whole, sent: whole, sampled: whole, confirmed: whole }),
  ofrepStreams: v.pipe(whole, v.description('Told of every change; they confirm nothing')),
  v2: v.object({ exposuresAfter: v.nullable(whole), lastSeenAt: v.nullable(time) }),
  status: v.pipe(v.record(v.string(), version), v.description('v2 where anyone may get it by the rules')),
  blockers: v.array(text),
});

const probedPart = v.object({ ok: flag, ms: whole, detail: text });

/** What `switchback doctor` asks. */
export const doctorReport = v.object({
  now: v.pipe(whole, v.description('ms since 1970 by this replica')),
  readOnly: flag,
  alarms: v.array(text),
  broken: v.nullable(
    v.array(v.object({ feature: featureKey, fault: v.picklist(['cycle', 'missing', 'config']), detail: text })),
  ),
  store: v.object({
    read: probedPart,
    clockAheadMs: v.pipe(v.number(), v.safeInteger()),
    serverVersion: text,
    listen: probedPart,
    write: v.nullable(probedPart),
  }) satisfies v.GenericSchema<unknown, StoreProbe>,
});

export const emergency = v.nullable(v.object({ since: time, rollbackId: whole }));
