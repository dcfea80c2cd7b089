export { safely } from './safely.js';
export { NotApplied, type Callable, type CallEffect, type CallOptions, type SafelyOptions } from './safelyOptions.js';
