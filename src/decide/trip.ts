/** This client holds a feature on v1 until a time, because v2 failed here. */
export interface Trip {
  readonly feature: string;
  /** ms since 1970. */
  readonly sinceMs: number;
  /** ms since 1970; from then on v2 may be tried again. */
  readonly untilMs: number;
}
