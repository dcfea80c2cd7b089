/** What a value may be, and how that is said in "must be …". */
export interface Kind<T> {
  readonly expected: string;
  readonly accepts: (value: unknown) => value is T;
}

export const kind = <T>(expected: string, accepts: (value: unknown) => unknown): Kind<T> => ({
  expected,
  accepts: accepts as Kind<T>['accepts'],
});

/** A plain object, read by own keys only. */
export type Raw = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isText = (value: unknown): value is string => typeof value === 'string';

export const inRange = (minimum: number, maximum: number): Kind<number> =>
  kind(`${minimum} to ${maximum}`, (value) => typeof value === 'number' && value >= minimum && value <= maximum);

export const shortText = kind<string>('at most 64 characters', (value) => isText(value) && value.length <= 64);
