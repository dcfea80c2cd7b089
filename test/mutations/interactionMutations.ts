// Of rows about what people and hosts do: handlers, repeated imports, waiting, hiding, nesting, focus, memory.
import type { Mutation } from './mutations.js';

const reporter = 'src/render/useFeatureReporter.ts';
const loads = 'src/client/loads.ts';
const gate = 'src/client/createGate.ts';
const focus = 'src/render/focus.ts';

export const interactionMutations: readonly Mutation[] = [
  {
    row: 12,
    file: reporter,
    find: `own.gate.fallBack(phase, error);`,
    replace: `own.gate.reportFailure('v2', phase, error);`,
    why: 'v1 comes where a handler asks for it',
  },
  {
    row: 12,
    file: reporter,
    find: 'while (own && own.gate.feature !== feature) own = own.outer;',
    replace: '',
    why: 'gates of other features are looked through',
  },
  {
    row: 12,
    file: reporter,
    find: `else if (fallback && own.version === 'v2')`,
    replace: 'else if (fallback)',
    why: 'a handler of v1 counts for v1',
  },
  {
    row: 13,
    file: reporter,
    find: 'result instanceof Promise ? (result.catch(failed) as Result) : result',
    replace: 'result',
    why: 'rejections count',
  },
  {
    row: 13,
    file: reporter,
    find: `if (!mounted) return;
    if (!own)`,
    replace: 'if (!own)',
    why: 'nothing counts after a component has gone',
  },
  {
    row: 17,
    file: loads,
    find: 'if (retriesLeft <= 0 || isAway()) throw error;',
    replace: 'if (retriesLeft <= 0) throw error;',
    why: 'a page that is away does not wait for another import',
  },
  {
    row: 17,
    file: loads,
    find: 'const maxBackoffMs = 30_000;',
    replace: 'const maxBackoffMs = 300_000;',
    why: 'no wait is longer than 30 s',
  },
  {
    row: 19,
    file: loads,
    find: 'if (isOnline()) onStaleBuild?.(error);',
    replace: 'onStaleBuild?.(error);',
    why: 'being offline is no stale build',
  },
  {
    row: 19,
    file: 'src/client/client.ts',
    find: 'if (hasToldOfStaleBuild) return;',
    replace: '',
    why: 'a stale build is told of once',
  },
  {
    row: 19,
    file: 'src/render/SwitchbackProvider.tsx',
    find: 'onStaleBuild: (error) => latest.onStaleBuild?.(error),',
    replace: '',
    why: 'callbacks are those of the latest render',
  },
  {
    row: 21,
    file: gate,
    find: `if (this.mountedOn !== 'v2' && !this.isV2Committed) this.watchForSuspension();`,
    replace: '',
    why: 'a v2 that suspends on its first mount times out',
  },
  {
    row: 21,
    file: gate,
    find: `if (this.getView().shows === 'v2') this.watchForSuspension();`,
    replace: '',
    why: 'a v2 that suspends on an update times out',
  },
  {
    row: 21,
    file: 'src/render/Versions.tsx',
    find: 'suspenseFallback(loading, renderMarkedV1)',
    replace: 'suspenseFallback(loading, renderV1)',
    why: 'v1 is inside its gate also where it fills the time',
  },
  {
    row: 25,
    file: 'src/render/Versions.tsx',
    find: "isOn && admitted === 'v2AfterV1' && !view.isProven;",
    replace: "isOn && admitted === 'v2AfterV1';",
    why: 'v1 is kept until v2 has settled, and no longer',
  },
  {
    row: 25,
    file: 'src/render/checkGate.ts',
    find: 'if (keepV1 && !Activity) tell(',
    replace: 'if (keepV1 && Activity) tell(',
    why: 'a React without Activity says so',
    project: 'rows-18-dev',
  },
  {
    row: 27,
    file: gate,
    find: 'if (this.isConnected) this.suspendTimeout?.watch(',
    replace: 'this.suspendTimeout?.watch(',
    why: 'what is hidden does not time out',
  },
  {
    row: 28,
    file: gate,
    find: 'if (this.failed) return;',
    replace: 'if (this.failed) return; else throw error;',
    why: 'what a gate caught goes no further',
  },
  {
    row: 29,
    file: 'src/decide/decide.ts',
    find: 'a.feature === b.feature &&',
    replace: 'false &&',
    why: 'a decision that says the same is the same',
  },
  {
    row: 41,
    file: focus,
    find: 'if (focused === path[0] && container',
    replace: 'if (focused && container',
    why: 'a v2 that took the focus keeps it',
  },
  {
    row: 41,
    file: focus,
    find: `|| (element instanceof HTMLElement && element.style.display === 'none')`,
    replace: '',
    why: 'what is out of sight has no focus',
  },
  {
    row: 41,
    file: focus,
    find: `container.addEventListener('blur', () => container.removeAttribute('tabindex'), { once: true });`,
    replace: '',
    why: 'the page is left as it was',
  },
  {
    row: 41,
    file: focus,
    find: 'while (focused?.shadowRoot?.activeElement)',
    replace: 'while (false)',
    why: 'the focus is looked for inside shadow roots',
  },
  {
    row: 42,
    file: gate,
    find: `const suppressed: string[] = [];`,
    replace: `const suppressed: string[] = []; this.listeners = [...this.listeners, () => void error];`,
    why: 'what was thrown is let go on a reset',
  },
];
