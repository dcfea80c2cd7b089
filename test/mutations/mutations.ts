// For each row of the behaviour table what must not be taken away: with the change, the row's tests have to fail.
import { interactionMutations } from './interactionMutations.js';

export interface Mutation {
  /** Of the behaviour table. */
  readonly row: number;
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What is lost by it. */
  readonly why: string;
  /** The build in which it shows. Default `rows-19-dev`. */
  readonly project?: 'rows-19-dev' | 'rows-19-production' | 'rows-18-dev' | 'rows-18-production';
}

export const mutations: readonly Mutation[] = [
  {
    row: 1,
    file: 'src/render/Catcher.tsx',
    find: 'return this.state.isTripped ? null : this.props.children;',
    replace: 'return this.props.children;',
    why: 'a tripped catcher shows nothing of v2',
  },
  {
    row: 2,
    file: 'src/client/createGate.ts',
    find: "isFromEffect ? 'effect' : 'render'",
    replace: "'effect'",
    why: 'an update that throws is told as a render',
  },
  {
    row: 3,
    file: 'src/render/Catcher.tsx',
    find: 'return this.state.isTripped ? null : this.props.children;',
    replace: `if (this.state.isTripped) this.props.gate.caught(new Error('too early'), {});
    return this.state.isTripped ? null : this.props.children;`,
    why: 'nothing is counted before React has given v2 up',
  },
  {
    row: 4,
    file: 'src/client/createGate.ts',
    find: "this.episode?.phase === 'exposed' && !this.areMountEffectsDone",
    replace: 'false',
    why: 'an effect that throws is told as an effect',
  },
  {
    row: 5,
    file: 'src/render/Catcher.tsx',
    find: 'this.props.gate.caught(error, {',
    replace:
      "((...given: Parameters<Gate['caught']>) => setTimeout(() => this.props.gate.caught(...given), 50))(error, {",
    why: 'v1 is there before the next paint',
  },
  {
    row: 6,
    file: 'src/client/createGate.ts',
    find: "const { name, message } = describeFailure('render', error);",
    replace: `const { name, message } = describeFailure('effect', error);
host.failed(this.getView().decision, { phase: 'effect', name, message });`,
    why: 'an episode fails once, whatever StrictMode throws again',
  },
  {
    row: 7,
    file: 'src/client/createGate.ts',
    find: 'if (failed.suppressed.length < maxSuppressed) failed.suppressed.push(',
    replace: 'if (false) failed.suppressed.push(',
    why: 'further errors go with the first',
  },
  {
    row: 8,
    file: 'src/client/createGate.ts',
    find: "if (details.isLeaving || (!failed && this.getView().shows !== 'v2'))",
    replace: 'if (false)',
    why: 'what a leaving v2 throws is a cleanup',
  },
  {
    row: 9,
    file: 'src/client/createGate.ts',
    find: 'details.isLeaving || ',
    replace: '',
    why: 'a cleanup that throws after a failure is told as a cleanup',
  },
  {
    row: 10,
    file: 'src/render/Sentinel.tsx',
    find: 'throw thrown.error;',
    replace: 'return null;',
    why: 'an error of v1 goes on to the host',
  },
  {
    row: 10,
    file: 'src/client/createGate.ts',
    find: "const v1AlsoFailed = !this.isConnected && phase !== 'load';",
    replace: 'const v1AlsoFailed = false;',
    why: 'v2 is not blamed for what v1 throws as well',
  },
  {
    row: 11,
    file: 'src/render/Sentinel.tsx',
    find: 'return { thrown: { error, ',
    replace: 'return { thrown: { error: new Error(String(error)), ',
    why: "v1's error keeps its identity",
  },
  {
    row: 11,
    file: 'src/render/Sentinel.tsx',
    find: 'this.#thrown = thrown;',
    replace: '',
    why: 'what v1 throws counts for v1',
  },
  {
    row: 11,
    file: 'src/render/Sentinel.tsx',
    find: '< goneWithinMs',
    replace: '< Infinity',
    why: 'an error that React overcame is none of v1',
  },
  {
    row: 12,
    file: 'src/render/useFeatureReporter.ts',
    find: "report('event', error, options);",
    replace: '',
    why: 'a wrapped handler that throws is counted',
  },
  {
    row: 13,
    file: 'src/render/useFeatureReporter.ts',
    find: 'if (!begunBy || begunBy === mounted) report(',
    replace: 'report(',
    why: 'what a mount began is not counted by the next one',
  },
  {
    row: 14,
    file: 'src/client/createGate.ts',
    find: '(this.areMountEffectsDone = true)',
    replace: '(this.areMountEffectsDone = false)',
    why: "what throws after a mount's effects is none of them",
  },
  {
    row: 15,
    file: 'src/render/Versions.tsx',
    find: 'isOn ? suspenseFallback(',
    replace: 'false ? suspenseFallback(',
    why: 'something is shown while v2 suspends',
  },
  {
    row: 16,
    file: 'src/client/gates.ts',
    find: 'if (load === countedLoad) return;',
    replace: '',
    why: 'one load failure however many gates waited',
  },
  {
    row: 16,
    file: 'src/client/loads.ts',
    find: "if (current.phase === 'loading') return current.promise;",
    replace: '',
    why: 'one import however many gates wait',
  },
  {
    row: 17,
    file: 'src/client/loads.ts',
    find: 'if (isAway()) throw error;',
    replace: '',
    why: 'a page that went away in the meantime repeats nothing',
  },
  {
    row: 17,
    file: 'src/client/loads.ts',
    find: 'Math.min(1_000 * 2 ** attempt, maxBackoffMs)',
    replace: '1_000',
    why: 'waits grow',
  },
  {
    row: 18,
    file: 'src/client/loads.ts',
    find: 'if (isComponent) return component;',
    replace: 'return component;',
    why: 'what a loader gives is looked at',
  },
  {
    row: 19,
    file: 'src/client/loads.ts',
    find: 'const component = typeof module',
    replace: 'const component = module === undefined ? () => null : typeof module',
    why: 'no module is no empty component',
  },
  {
    row: 20,
    file: 'src/client/loads.ts',
    find: 'const cancel = clock.after(timeoutMs,',
    replace: 'const cancel = clock.after(2 ** 30,',
    why: 'a load that never settles times out',
  },
  {
    row: 20,
    file: 'src/client/createGate.ts',
    find: "if (isWaiting && record?.phase === 'failed') return this.fail('load', record.error);",
    replace: '',
    why: 'a gate whose load failed stays on v1',
  },
  {
    row: 21,
    file: 'src/client/createGate.ts',
    find: "if (this.getView().shows === 'v2') this.fail('render', error);",
    replace: '',
    why: 'a v2 that suspends for too long fails',
  },
  {
    row: 22,
    file: 'src/render/useMounted.ts',
    find: 'if (mayBeOn) startTransition(() => admit(true));',
    replace: 'if (mayBeOn) admit(true);',
    why: 'v1 stays until v2 has rendered',
  },
  {
    row: 23,
    file: 'src/render/Catcher.tsx',
    find: `static getDerivedStateFromError(): CatcherState {
    return { isTripped: true };`,
    replace: `static getDerivedStateFromError(error?: unknown): CatcherState {
    return { isTripped: error != null };`,
    why: 'whether something was thrown is a flag, not the thing itself',
  },
  {
    row: 24,
    file: 'src/client/faults.ts',
    find: `report(operation, error);
        return undefined;`,
    replace: 'throw error;',
    why: 'what callbacks of the host throw ends at us',
  },
  {
    row: 25,
    file: 'src/render/Versions.tsx',
    find: "Keep !== undefined && isOn && admitted === 'v2AfterV1' && !view.isProven",
    replace: 'false',
    why: 'v1 waits out of sight until v2 has settled',
  },
  {
    row: 26,
    file: 'src/render/CommitMark.tsx',
    find: 'private readonly startMs = performance.now();',
    replace: `private readonly startMs = performance.now();
  private readonly early = this.props.counts && this.props.gate.committed(this.props.version, 0);`,
    why: 'what is rendered ahead of time does not count',
  },
  {
    row: 27,
    file: 'src/client/createGate.ts',
    find: 'else this.episode?.leave();',
    replace: 'else this.end();',
    why: 'hidden and shown again it is the same episode',
  },
  {
    row: 28,
    file: 'src/render/Catcher.tsx',
    find: 'this.props.gate.caught(error, {',
    replace: `throw error;
    void ({`,
    why: 'the nearest gate keeps what it caught',
  },
  {
    row: 29,
    file: 'src/client/createGate.ts',
    find: 'if (!this.view || !isSameView(this.view, next)) this.view = next;',
    replace: 'this.view = next;',
    why: 'a view that says the same is the same',
  },
  {
    row: 30,
    file: 'src/render/Catcher.tsx',
    find: '    return { isTripped: true };',
    replace: '    return { isTripped: false };',
    why: 'v2 is not rendered again once it was given up',
  },
  {
    row: 31,
    file: 'src/observe/observe.ts',
    find: "name === 'NotFoundError' && domMutation.test(message)",
    replace: 'false',
    why: 'what a translator breaks has a class of its own',
  },
  {
    row: 31,
    file: 'src/client/gates.ts',
    find: ' || failure.class',
    replace: '',
    why: 'the breaker does not hear of translators',
  },
  {
    row: 32,
    file: 'src/client/createGate.ts',
    find: "if (this.isFailing) return host.guardHost('reset', refuseReset);",
    replace: '',
    why: 'v2 is not tried again in the callback that tells of its failure',
  },
  {
    row: 33,
    file: 'src/render/useMounted.ts',
    find: "if (view.shows === 'v1' && !isSameKeys(prev, resetKeys))",
    replace: 'if (false)',
    why: 'a change of keys tries v2 again',
  },
  {
    row: 33,
    file: 'src/render/useMounted.ts',
    find: "if (view.shows === 'v1' && !isSameKeys(prev, resetKeys))",
    replace: 'if (!isSameKeys(prev, resetKeys))',
    why: 'keys that change as v2 fails are no reason to try again',
  },
  {
    row: 33,
    file: 'src/client/createGate.ts',
    find: `attempt, over which breaker and holds rule.
    this.mount(undefined);`,
    replace: 'attempt.',
    why: 'an open breaker rules over a reset',
  },
  {
    row: 34,
    file: 'src/render/Versions.tsx',
    find: 'return loading === undefined || typeof document',
    replace: 'return typeof document',
    why: 'the HTML of a v2 that breaks on the server is v1',
  },
  {
    row: 35,
    file: 'src/render/Versions.tsx',
    find: 'return loading === undefined || typeof document',
    replace: 'return typeof document',
    why: 'HTML that does not wait for code is v1',
  },
  {
    row: 36,
    file: 'src/client/createGate.ts',
    find: "this.html === 'waiting' ? 'hydration' : ",
    replace: '',
    why: 'a failure while taking over HTML is told as one',
  },
  {
    row: 37,
    file: 'src/client/createGate.ts',
    find: "|| html === 'waiting') {",
    replace: ') {',
    why: 'HTML stays while its code is under way',
  },
  {
    row: 37,
    file: 'src/client/createGate.ts',
    find: "html !== 'none' && serverView?.shows === 'v2' ? serverView.component : this.loaded()",
    replace: 'this.loaded()',
    why: 'what took the HTML over stays mounted',
  },
  {
    row: 38,
    file: 'src/render/Versions.tsx',
    find: 'gate.getView, gate.getServerView);',
    replace: 'gate.getView, gate.getView);',
    why: 'what only the browser knows waits for the hydration',
  },
  {
    row: 38,
    file: 'src/render/Versions.tsx',
    find: '<Suspense key={view.shows}',
    replace: '<Suspense',
    why: 'HTML goes without a word of React 18',
    project: 'rows-18-production',
  },
  {
    row: 38,
    file: 'src/client/decisions.ts',
    find: 'const { snapshot, context, nowMs = local.nowMs() } = server();',
    replace: 'const { snapshot, context } = server();\n      const nowMs = local.nowMs();',
    why: "the browser's clock takes no part in hydration",
  },
  {
    row: 39,
    file: 'src/render/Catcher.tsx',
    find: 'this.props.isHeld && next.isHeld',
    replace: 'false',
    why: 'HTML that waits for its code is left alone',
  },
  {
    row: 40,
    file: 'src/client/gates.ts',
    find: "if (held && given.features[feature]?.upgrade !== 'live')",
    replace: 'if (false)',
    why: 'a v1 in use is not swapped for a late v2',
  },
  {
    row: 40,
    file: 'src/client/gates.ts',
    find: "if (held && given.features[feature]?.upgrade !== 'live')",
    replace: 'if (held)',
    why: 'unless the feature upgrades live',
  },
  {
    row: 41,
    file: 'src/render/focus.ts',
    find: 'container.focus({ preventScroll: true });',
    replace: '',
    why: 'the focus stays near',
  },
  {
    row: 42,
    file: 'src/client/loads.ts',
    find: "if (current.phase === 'failed') failedLoaders.delete(current.error);",
    replace: '',
    why: 'errors of earlier loads are let go',
  },
  ...interactionMutations,
];
