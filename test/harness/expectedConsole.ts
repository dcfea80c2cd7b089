/** What the running test expects to see on the console. */
export const expectedConsole: RegExp[] = [];

/** Announces console errors and warnings of this test that are part of what it shows; everything else fails it. */
export function expectConsole(...patterns: RegExp[]): void {
  expectedConsole.push(...patterns);
}
