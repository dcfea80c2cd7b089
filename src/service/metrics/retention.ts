import { SwitchbackError } from '../../error.js';

/** How long numbers are kept at each length of bucket, in hours; each at least as long as the one before. */
export interface Retention {
  /** Buckets of 10 s. Default 2. */
  readonly tenSecondsHours?: number;
  /** Buckets of a minute. Default 72. */
  readonly minutesHours?: number;
  /** Buckets of an hour. Default 30 days. */
  readonly hoursHours?: number;
  /** Buckets of a day; then they are deleted. Default 400 days. */
  readonly daysHours?: number;
  /** Users by stage, from the last time something was heard of them. Default 30 days. */
  readonly usersHours?: number;
}

/** How long what is counted is kept, unless told otherwise. */
export const defaultRetention: Required<Retention> = {
  tenSecondsHours: 2,
  minutesHours: 72,
  hoursHours: 30 * 24,
  daysHours: 400 * 24,
  usersHours: 30 * 24,
};

const hourMs = 3_600_000;
const minuteMs = 60_000;
const dayMs = 24 * hourMs;

/** From which age on buckets are at least how long. */
export interface Level {
  readonly durationMs: number;
  readonly afterMs: number;
}

/** The longer buckets, shortest first. */
export function readLevels({ tenSecondsHours, minutesHours, hoursHours }: Required<Retention>): readonly Level[] {
  return [
    { durationMs: minuteMs, afterMs: tenSecondsHours * hourMs },
    { durationMs: hourMs, afterMs: minutesHours * hourMs },
    { durationMs: dayMs, afterMs: hoursHours * hourMs },
  ];
}

/** @throws SwitchbackError `invalid-option` */
export function checkRetention(retention: Retention): Required<Retention> {
  const all = { ...defaultRetention, ...retention };
  for (const [name, hours] of Object.entries(all))
    if (!(Number.isFinite(hours) && hours >= 1 && hours <= 10 * 365 * 24))
      throw new SwitchbackError('invalid-option', `retention.${name} is ${hours}, not 1 to 87600 hours`);
  const { tenSecondsHours, minutesHours, hoursHours, daysHours } = all;
  if (!(tenSecondsHours <= minutesHours && minutesHours <= hoursHours && hoursHours <= daysHours))
    throw new SwitchbackError(
      'invalid-option',
      `retention: shorter buckets cannot be kept longer, found ${tenSecondsHours}, ${minutesHours}, ${hoursHours}, ${daysHours} hours`,
    );
  return all;
}
