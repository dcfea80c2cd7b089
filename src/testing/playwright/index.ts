/**
 * Forces a version on pages that Playwright drives.
 * @module
 */

export { setFeature, type PageLike } from './setFeature.js';
