import type { SwitchbackClient } from '../client/switchbackClient.js';

/** The same client, in which a feature that nobody knows throws instead of being v1. @param check throws */
export const guardKeys = (client: SwitchbackClient, check: (feature: string) => void): SwitchbackClient => ({
  ...client,
  isEnabled: (feature) => (check(feature), client.isEnabled(feature)),
  getDecision: (feature) => (check(feature), client.getDecision(feature)),
  getConfig: (feature) => (check(feature), client.getConfig(feature)),
  subscribe: (feature, listener) => (check(feature), client.subscribe(feature, listener)),
  setOverride: (feature, ...given) => (check(feature), client.setOverride(feature, ...given)),
  getOverride: (feature) => (check(feature), client.getOverride(feature)),
  reportFailure: (feature, error, phase) => (check(feature), client.reportFailure(feature, error, phase)),
  measure: (feature, ...rest) => (check(feature), client.measure(feature, ...rest)),
  time: (feature, ...rest) => (check(feature), client.time(feature, ...rest)),
});
