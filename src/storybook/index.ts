/**
 * What stories and their documents import; the addon itself is one line in `.storybook/main.ts`.
 * @see docs/storybook.md
 * @module
 */

export { Versions, type VersionsProps } from './Versions.js';
export type { FeatureParameter, SwitchbackParameters } from './parameters.js';
export type { Failure } from '../render/breaking/failure.js';
