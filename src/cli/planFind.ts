import type { StoredPlan } from '../service/index.js';
import type { Api } from './api.js';
import { CliError } from './exit.js';
import { readFeature, readNumber } from './options.js';

/**
 * Finds a plan by its number, or the newest one of a feature: the one that has not ended, where there is one.
 * @throws CliError
 */
export async function findPlan(api: Api, given: string): Promise<StoredPlan> {
  if (/^\d/.test(given))
    return (await api.call<StoredPlan>('GET', `/api/plans/${readNumber('plan', given, 1, 1e15, true)}`)).body;
  const feature = readFeature(given, undefined);
  const path = `/api/plans?feature=${feature}&limit=1`;
  const { body } = await api.call<{ plans: readonly StoredPlan[] }>('GET', path);
  const [plan] = body.plans;
  if (plan === undefined)
    throw new CliError(`${feature} has no plan: make one with switchback plan create ${feature} --preset standard`);
  return plan;
}
