import { SwitchbackError, type OnInternalFault } from '../error.js';
import type { Decision } from '../decide/decide.js';
import { tell } from './tell.js';

/** What `lazyVersion` and `versioned` give. */
export interface Preloadable {
  /** Fetches the code ahead of time. */
  preload(): Promise<void>;
}

/** How long to wait, and who hears of what failed. */
export interface PreloadOptions {
  /** How long a render may wait, in ms; default 3,000. */
  readonly timeoutMs?: number | undefined;
  /** Hears of code that could not be had; default: a console warning in development. */
  readonly onInternalFault?: OnInternalFault | undefined;
}

/**
 * Fetches v2's code before a server renders, so that its HTML is v2 at once: for the features that are v2 in this request, and
 * no others. Code that cannot be had, or not in time, is told of and rendered as v1.
 * @param decisions from `getDecisions`
 * @param components by feature: what `versioned` or `lazyVersion` gave, one or several
 * @returns when all is there, failed or late; never rejects
 */
export async function preload<Key extends string>(
  decisions: Readonly<Record<Key, Decision>>,
  components: Readonly<Partial<Record<Key, Preloadable | readonly Preloadable[]>>>,
  { timeoutMs = 3_000, onInternalFault }: PreloadOptions = {},
): Promise<void> {
  const wanted = Object.entries<Preloadable | readonly Preloadable[] | undefined>(components).flatMap(
    ([feature, given = []]) =>
      Object.hasOwn(decisions, feature) && decisions[feature as Key].enabled
        ? [given].flat().map((component) => ({ feature, component }))
        : [],
  );
  await Promise.all(
    wanted.map(({ feature, component }) =>
      inTime(feature, component, timeoutMs).catch((error: unknown) => tell(onInternalFault, 'preload', error)),
    ),
  );
}

async function inTime(feature: string, component: Preloadable, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `${feature}: v2's code did not arrive within ${timeoutMs} ms`;
    timer = setTimeout(() => reject(new SwitchbackError('load-timeout', message)), timeoutMs);
  });
  try {
    await Promise.race([load(feature, component), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function load(feature: string, component: Preloadable): Promise<void> {
  try {
    await component.preload();
  } catch (cause) {
    // A server component sees only references to client components, which have no `preload`.
    const hint = `${feature}: v2's code was not loaded; call preload where the component itself is, not in a server component`;
    throw new SwitchbackError('load-failed', hint, { cause });
  }
}
