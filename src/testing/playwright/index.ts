export { setFeature, type PageLike } from './setFeature.js';
