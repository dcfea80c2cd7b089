// Comes in: two modules of one shape. Goes out: one module with v1's signatures, and how v2 does. Who calls: hosts.
import type { SwitchbackClient } from '../client/switchbackClient.js';
import { refuseOption } from '../error.js';
import { isObject } from '../evaluate/kind.js';
import type { EvaluationContext } from '../evaluate/snapshot.js';
import type { FeatureKey } from '../features.js';
import { isAsyncFunction } from './answers.js';
import { createCallHost } from './callHost.js';
import { createCallTally, type CallTotals } from './callTally.js';
import { createSafeCall } from './createSafeCall.js';
import { metricsOf, type Metrics } from './metrics.js';
import { gainOf, shareOf, type Estimate } from './estimate.js';
import { createForcedVersions } from './forcedVersions.js';
import {
  checkLimits,
  judgeHealth,
  runCheck,
  type HealthCheckOptions,
  type HealthLimits,
  type HostCheck,
  type MigrationHealth,
} from './healthCheck.js';
import { pairMethods, type MethodPair, type ModuleShape } from './moduleMethods.js';
import { createOutcomes } from './outcomes.js';
import { likeV1, nowMs } from './safely.js';
import { checkCallOptions, checkClient, type Callable, type CallOptions, type Counterpart } from './safelyOptions.js';

/** The methods of a module, without its values. */
type MethodsOf<Module> = {
  readonly [Name in keyof Module as Module[Name] extends Callable ? Name : never]: Module[Name];
};

/** What may stand for a module: each of its methods, and those of the objects in it, takes and gives the same. */
export type CounterpartModule<Module> = {
  readonly [
    Name in keyof Module as Module[Name] extends Callable
      ? Name
      : Module[Name] extends object
        ? keyof MethodsOf<Module[Name]> extends never
          ? never
          : Name
        : never
  ]: Module[Name] extends Callable ? Counterpart<Module[Name]> : CounterpartModule<Module[Name]>;
};

/** Options of the methods that need some, by name; those of objects inside, by `object.method`. */
export type MethodOptions<Module> = {
  readonly [Name in keyof Module as Module[Name] extends Callable ? Name : never]?: Module[Name] extends Callable
    ? CallOptions<Module[Name]>
    : never;
} & { readonly [Path in `${keyof Module & string}.${string}`]?: CallOptions<Callable> };

/** The two modules, and what is said of their methods. */
export interface MigrationOptions<Module extends object> {
  /** Whose decisions choose. */
  readonly client: SwitchbackClient;
  /** A module namespace, an object or an instance of a class. It is called with itself as `this` and otherwise left alone. */
  readonly v1: Module;
  /** The same methods, taking and giving the same. */
  readonly v2: NoInfer<CounterpartModule<Module>>;
  readonly methods?: MethodOptions<NoInfer<Module>> | undefined;
  /** Who a call is for, on a server that serves many; default: the client's own user. */
  readonly context?: ((method: string, args: readonly unknown[]) => EvaluationContext) | undefined;
  /** A check of v2 of the host's own, such as a query; it fails by throwing, by false, or by giving no answer in time. */
  readonly check?: HostCheck | undefined;
  readonly limits?: HealthLimits | undefined;
}

/** A module behind two versions, and what became of its calls. */
export interface Migration<Module extends object> {
  /** Stands for v1: the same methods with the same signatures, which may be taken out of it. Values stay v1's. */
  readonly api: Module;
  /** v2 for one user, whatever the percentage says, in this process. No kill is outranked, and the feature's numbers are without it. */
  enableFor(targetingKey: string): void;
  /** v1 for one user. */
  disableFor(targetingKey: string): void;
  /** As decided again. */
  clearFor(targetingKey: string): void;
  /** What was counted since the module was made, of all its methods and of each. */
  getMetrics(): Metrics & { readonly methods: Readonly<Record<string, Metrics>> };
  /** Calls of v2 that succeeded, of those that ended. */
  getSuccessRate(): Estimate;
  /** Calls that v2 answered, of all that ended. */
  getAdoption(): Estimate;
  /**
   * How much less time v2 takes, 0–1 of v1's, method by method. Only calls that were timed count: all of v2's, one in 16 of v1's, and
   * 30 of each; not what is read later, such as an async iterable.
   */
  getPerformanceGain(): Estimate;
  /**
   * Runs `check`, looks at the rates and at the breaker.
   * @throws SwitchbackError `invalid-option` for a `timeoutMs` out of its range; whatever is wrong with v2 is in the outcome
   */
  performHealthCheck(options?: HealthCheckOptions): Promise<MigrationHealth>;
  /** Tells the client of what was counted since the last second, such as before a process ends. */
  flush(): void;
}

/**
 * Puts a module behind two versions, so that call sites change one import.
 * @throws SwitchbackError `invalid-option`, naming every method that v2 lacks, and for options that make no sense
 * @example export const { saveChatMemory, chatClient } = createMigration('memory', { client, v1: old, v2: enhanced }).api
 */
export function createMigration<Module extends object>(
  feature: FeatureKey,
  options: MigrationOptions<Module>,
): Migration<Module> {
  if (!isObject(options)) refuseOption('options', 'an object', options);
  const { client, v1, v2, methods = {}, context, check, limits } = options;
  checkClient(client);
  for (const [name, value] of Object.entries({ context, check }))
    if (value !== undefined && typeof value !== 'function') refuseOption(name, 'a function', value);
  checkLimits(limits);
  const shape = pairMethods(v1, v2);
  const given = new Map(Object.entries(methods as Readonly<Record<string, CallOptions<Callable>>>));
  const forced = createForcedVersions();
  const host = createCallHost(client, feature, forced);
  const outcomes = createOutcomes();
  const tallies = new Map<string, ReturnType<typeof createCallTally>>();

  const wrap = ({ path, v1: ofV1, v2: ofV2, v1Self, v2Self }: MethodPair): Callable => {
    const callOptions = given.get(path) ?? {};
    given.delete(path);
    checkCallOptions(callOptions, `methods.${path}.`);
    const tally = createCallTally(host);
    tallies.set(path, tally);
    const call = createSafeCall({
      ...callOptions,
      // The module is `this`, also where its methods were taken out of it.
      v1: (...args: never[]) => Reflect.apply(ofV1, v1Self, args),
      v2: (...args: never[]) => Reflect.apply(ofV2, v2Self, args),
      context: context && ((...args: never[]) => context(path, args)),
      records: { host, tally, outcomes },
      isAsync: isAsyncFunction(ofV1),
      nowMs,
    });
    return likeV1(ofV1, call);
  };
  const build = (of: object, { methods: pairs, modules, values }: ModuleShape): object => {
    const built = {};
    const define = (name: string, property: PropertyDescriptor): void =>
      void Object.defineProperty(built, name, { ...property, enumerable: true });
    for (const [name, one] of pairs) define(name, { value: wrap(one) });
    for (const [name, one] of modules) define(name, { value: build(Reflect.get(of, name) as object, one) });
    for (const name of values)
      define(name, { get: () => Reflect.get(of, name) as unknown, set: (value) => void Reflect.set(of, name, value) });
    return built;
  };
  const api = build(v1, shape) as Module;
  const [unknown] = given.keys();
  if (unknown !== undefined)
    refuseOption('methods', `by the names of v1's methods (${[...tallies.keys()].join(', ')})`, unknown);

  const all = (): readonly CallTotals[] => [...tallies.values()].map(({ totals }) => totals);
  const sum = (read: (totals: CallTotals) => number): number => all().reduce((total, one) => total + read(one), 0);
  const getSuccessRate = (): Estimate => {
    const succeeded = sum(({ v2: { succeeded: count } }) => count);
    return shareOf(succeeded, succeeded + sum(({ v2: { failed } }) => failed));
  };
  const getPerformanceGain = (): Estimate =>
    gainOf(all().map(({ v1: { logMs: ofV1 }, v2: { logMs: ofV2 } }) => ({ v1: ofV1, v2: ofV2 })));

  return {
    api,
    enableFor: (targetingKey) => forced.set(targetingKey, 'v2'),
    disableFor: (targetingKey) => forced.set(targetingKey, 'v1'),
    clearFor: (targetingKey) => forced.set(targetingKey, null),
    getMetrics: () => ({
      ...metricsOf(all()),
      methods: Object.fromEntries(Array.from(tallies, ([path, { totals }]) => [path, metricsOf([totals])])),
    }),
    getSuccessRate,
    getAdoption: () => {
      const byV2 = sum(({ v2: { succeeded } }) => succeeded);
      const byV1 = sum(({ v1: { succeeded, failed } }) => succeeded + failed);
      // A write that v1 did not repeat; of those it does, some are still under way.
      const byNobody = sum(({ v2: { failed }, fallbacks }) => Math.max(failed - fallbacks, 0));
      return shareOf(byV2, byV2 + byV1 + byNobody);
    },
    getPerformanceGain,
    async performHealthCheck(checkOptions = {}) {
      const outcome = await runCheck(check, checkOptions, host.clock);
      const breaker = client.internals.parts.breakers.stateOf(feature).state;
      return judgeHealth(
        {
          timedOut: sum(({ timedOut }) => timedOut),
          successRate: getSuccessRate(),
          gain: getPerformanceGain(),
          breaker,
          check: outcome,
        },
        limits,
      );
    },
    flush: () => tallies.forEach((tally) => tally.flush()),
  };
}
