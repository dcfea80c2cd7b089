import * as v from 'valibot';
import { featureField, reasonField } from '../http/featureBody.js';
import { parseFields } from '../http/parseFields.js';
import { refuseField } from '../http/problem.js';
import { baselineCaps } from './baseline.js';
import type { BaselineWindow } from './baselineStore.js';

const defaultHours = 48;
const minimumMs = 60_000;
const hourMs = 3_600_000;

const hours = `hours, more than 0, at most ${baselineCaps.hours}`;
const time = 'an ISO 8601 time with a zone';
const timeField = v.pipe(v.string(time), v.isoTimestamp(time));

/** The fields of `POST /api/baselines`: two of from, to and hours at most. */
const baselineFields = {
  feature: featureField,
  from: v.exactOptional(timeField),
  to: v.exactOptional(timeField),
  hours: v.exactOptional(v.pipe(v.number(hours), v.minValue(1 / 60, hours), v.maxValue(baselineCaps.hours, hours))),
  reason: v.exactOptional(reasonField),
};

export const baselineBody = v.strictObject(baselineFields);

export interface BaselineRequest {
  readonly feature: string;
  readonly window: BaselineWindow;
  readonly reason: string | null;
}

/**
 * Reads the body of `POST /api/baselines`.
 * @throws Problem 422, naming every field that is wrong, and windows that are too long, too old or too far ahead
 */
export function parseBaseline(body: unknown, nowMs: number): BaselineRequest {
  const { feature, from, to, hours: lasting, reason = null } = parseFields(baselineFields, body);
  if (from !== undefined && to !== undefined && lasting !== undefined)
    throw refuseField('/hours', lasting, 'from and to say how long: leave one of the three out');
  const fromMs = from === undefined ? null : readTime('/from', from);
  const untilMs = to === undefined ? null : readTime('/to', to);
  const durationMs = (lasting ?? defaultHours) * hourMs;
  const beginsMs = fromMs ?? (untilMs === null || lasting === undefined ? nowMs : untilMs - durationMs);
  const endsMs = untilMs ?? beginsMs + durationMs;
  const pointer = to === undefined ? '/hours' : '/to';
  if (endsMs - beginsMs < minimumMs) throw refuseField(pointer, to ?? lasting, 'at least a minute after the begin');
  if (endsMs - beginsMs > baselineCaps.hours * hourMs)
    throw refuseField(pointer, to ?? lasting, `at most ${baselineCaps.hours} hours after the begin`);
  if (beginsMs < nowMs - baselineCaps.ageMs)
    throw refuseField('/from', from, 'at most 30 days ago: numbers are kept so long');
  if (beginsMs > nowMs + baselineCaps.ageMs) throw refuseField('/from', from, 'at most 30 days ahead');
  // Without a begin it is the database's now, not this replica's.
  const window =
    fromMs === null && untilMs !== null && lasting === undefined
      ? { fromMs: nowMs, untilMs, durationMs }
      : { fromMs, untilMs, durationMs };
  return { feature, window, reason };
}

function readTime(pointer: string, text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw refuseField(pointer, text, time);
  return ms;
}
