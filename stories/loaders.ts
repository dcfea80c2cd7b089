/** Version 2's code, fetched when it is wanted. */
export const loadV2 = () => import('./MemoryCardV2.js');

/** Code that never arrives. */
export const loadForever = (): ReturnType<typeof loadV2> => new Promise(() => {});

/** Code that is gone, as after a deployment. */
export const loadNothing = (): ReturnType<typeof loadV2> =>
  Promise.reject(new TypeError('Failed to fetch dynamically imported module'));

export const loadBreaksInRender = async () => ({ default: (await import('./brokenCards.js')).BreaksInRender });
export const loadBreaksInEffect = async () => ({ default: (await import('./brokenCards.js')).BreaksInEffect });
