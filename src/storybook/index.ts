export { Versions, type VersionsProps } from './Versions.js';
export type { FeatureParameter, SwitchbackParameters } from './parameters.js';
export type { Failure } from './failure.js';
