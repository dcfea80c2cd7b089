import { refuseOption } from '../../error.js';
import { isFeatureKey } from '../../evaluate/snapshot.js';
import { eventRuleOf, type EventClass, type EventRule } from '../../observe/eventClass.js';
import type { Sink } from './sink.js';

/** The sinks, and the table that shares observations out among them. */
export interface RoutedSinkOptions {
  /** The first that matches decides; where none does, failures and the breaker are critical and everything goes everywhere. */
  readonly rules: readonly EventRule[];
  readonly sinks: readonly Sink[];
  /** Whether a feature is v2 for this user, such as `(feature) => client.isEnabled(feature)`; default: none is. */
  readonly isOn?: ((feature: string) => boolean) | undefined;
  /** Hears of a sink that throws, and of an `isOn` that does. */
  readonly onInternalFault?: ((operation: string, error: unknown) => void) | undefined;
}

/** A sink that sends each observation where a table of rules says. */
export interface RoutedSink extends Sink {
  /** Observations since the start by class, and `dropped`: those that went nowhere. */
  counts(): Readonly<Record<EventClass | 'dropped', number>>;
}

const classes: readonly unknown[] = ['critical', 'informational', 'legacy'];

/**
 * Puts a rule table before sinks.
 * @throws SwitchbackError `invalid-option` for a rule without a class, a flag that is no feature key, or a `to` that names no sink
 */
export function routedSink(options: RoutedSinkOptions): RoutedSink {
  const { rules, sinks, onInternalFault, isOn = () => false } = options;
  const names = new Set(sinks.map(({ name }) => name));
  for (const rule of rules) {
    if (!classes.includes(rule.class)) refuseOption('a rule', 'of class critical, informational or legacy', rule.class);
    if (rule.flag !== undefined && !isFeatureKey(rule.flag)) refuseOption("a rule's flag", 'a feature key', rule.flag);
    for (const name of rule.to ?? [])
      if (!names.has(name)) refuseOption("a rule's to", `any of ${[...names].join(', ')}`, name);
  }
  const counts = { critical: 0, informational: 0, legacy: 0, dropped: 0 };

  const safely = <T>(operation: string, run: () => T): T | undefined => {
    try {
      return run();
    } catch (error) {
      onInternalFault?.(operation, error);
      return undefined;
    }
  };
  const isFlagOn = (feature: string): boolean => safely('event rules', () => isOn(feature)) ?? false;

  return {
    name: 'routed',
    observe(observation, subject) {
      const { class: eventClass, to } = eventRuleOf(observation, rules, isFlagOn);
      counts[eventClass]++;
      const reached = sinks.filter(({ name }) => to?.includes(name) ?? eventClass !== 'legacy');
      if (reached.length === 0) counts.dropped++;
      for (const sink of reached) safely(`sink ${sink.name}`, () => sink.observe(observation, subject, eventClass));
    },
    connection: (event) => sinks.forEach((sink) => safely(`sink ${sink.name}`, () => sink.connection?.(event))),
    flush: () => sinks.forEach((sink) => safely(`sink ${sink.name}`, () => sink.flush?.())),
    close: () => sinks.forEach((sink) => safely(`sink ${sink.name}`, () => sink.close?.())),
    counts: () => ({ ...counts }),
  };
}
