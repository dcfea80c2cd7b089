import { refuseOption } from '../error.js';
import { isVersion, type EvaluationContext, type Version } from '../evaluate/snapshot.js';
import { defineFeatures, type FeatureDefinition, type FeatureKey } from '../features.js';
import type { GivenDelays, GivenFailures } from '../render/breaking/failure.js';
import { createFaults, type Fault } from '../render/breaking/faults.js';
import { isPercentage, percentageOf } from './percentage.js';

/**
 * One feature of a story: its version, its percentage (0–100), or its definition with either of them. A definition alone, as
 * `defineFeatures` gives it, is v1.
 */
export type FeatureParameter =
  | Version
  | number
  | (FeatureDefinition & { readonly version?: Version; readonly percentage?: number });

/** `parameters.switchback` of a story, a component or the whole project. */
export interface SwitchbackParameters {
  /** The features that the story's components ask for. */
  readonly features: { readonly [Key in FeatureKey]?: FeatureParameter };
  /** Who looks at the story; default `{ targetingKey: 'user-1' }`. */
  readonly context?: EvaluationContext;
  /** Features whose v2 fails: a list (while rendering), or how, by feature. */
  readonly fail?: GivenFailures;
  /** How long v2's code takes to arrive, in ms: for all features, or by feature. */
  readonly delayMs?: GivenDelays;
}

/** A feature as the story has it. */
export interface GivenFeature extends Fault {
  readonly feature: string;
  readonly definition: FeatureDefinition;
  /** 0–100. */
  readonly percentage: number;
}

/** A story's parameters, checked. */
export interface StoryParameters {
  readonly features: readonly GivenFeature[];
  readonly context: EvaluationContext;
}

/**
 * Reads `parameters.switchback`.
 * @returns null where a story has none
 * @throws SwitchbackError `invalid-option` or `invalid-feature`, showing the bad value
 */
export function readParameters(value: unknown): StoryParameters | null {
  if (value === undefined || value === null) return null;
  const { features, context = { targetingKey: 'user-1' }, fail = {}, delayMs = 0 } = value as SwitchbackParameters;
  if (typeof features !== 'object' || features === null)
    refuseOption('parameters.switchback.features', 'an object', features);
  const keys = Object.keys(features);
  const faults = createFaults(fail, delayMs, (feature, option) => {
    if (!keys.includes(feature)) refuseOption(`parameters.switchback.${option}`, `any of ${keys.join(', ')}`, feature);
  });

  const given = Object.entries<FeatureParameter | undefined>(features).flatMap(([feature, parameter]) =>
    parameter === undefined ? [] : [{ feature, ...readFeature(feature, parameter), ...faults.of(feature) }],
  );
  defineFeatures(Object.fromEntries(given.map(({ feature, definition }) => [feature, definition])));
  return { features: given, context };
}

function readFeature(
  feature: string,
  parameter: FeatureParameter,
): { readonly definition: FeatureDefinition; readonly percentage: number } {
  if (isVersion(parameter)) return { definition: {}, percentage: percentageOf(parameter) };
  if (isPercentage(parameter)) return { definition: {}, percentage: parameter };
  const name = `parameters.switchback.features.${feature}`;
  if (typeof parameter !== 'object' || parameter === null)
    refuseOption(name, '"v1", "v2", a percentage or an object', parameter);
  const { version, percentage, ...definition } = parameter;
  if (version !== undefined && !isVersion(version)) refuseOption(`${name}.version`, '"v1" or "v2"', version);
  if (percentage !== undefined && !isPercentage(percentage)) refuseOption(`${name}.percentage`, '0 to 100', percentage);
  return { definition, percentage: version === undefined ? (percentage ?? 0) : percentageOf(version) };
}
