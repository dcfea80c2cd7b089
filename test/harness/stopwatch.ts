const stepMs = 10;

/**
 * Times what is asked of the code, not of the machine: while this process itself is not served, because others have the
 * processor, nothing is counted.
 * @returns ms so far
 */
export function startStopwatch(): () => number {
  const startedAtMs = performance.now();
  let lastMs = startedAtMs;
  let lateMs = 0;
  const note = (): void => {
    const nowMs = performance.now();
    lateMs += Math.max(0, nowMs - lastMs - stepMs);
    lastMs = nowMs;
  };
  const timer = setInterval(note, stepMs);
  timer.unref();
  return () => {
    note();
    return performance.now() - startedAtMs - lateMs;
  };
}
