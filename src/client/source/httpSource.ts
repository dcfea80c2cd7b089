// Comes in: a service's URL. Goes out: snapshots, kills and signs of life, by stream and by poll. Who calls: createSwitchback.
import type { Order } from '../../evaluate/snapshot.js';
import { systemClock, type Clock } from '../clock.js';
import { connect, type Connection } from './connection.js';
import type { EventStreamConstructor, LiveStreamModule } from './streamHost.js';
import { onPageWake, type OnWake } from './onWake.js';
import { globalFetch, readServiceUrl, type Fetch } from './serviceUrl.js';
import type { Source } from './source.js';

/** Where the service is, and what stands in for the browser's own. */
export interface HttpSourceOptions {
  /** Where the service's public routes are, such as `/api`: `snapshot`, `events` and `confirm` below it are used. */
  readonly url: string;
  readonly fetch?: Fetch | undefined;
  /** null: polling only, as where the browser has none. */
  readonly EventSource?: EventStreamConstructor | null | undefined;
  readonly clock?: Clock | undefined;
  /** Draws from [0, 1). */
  readonly random?: (() => number) | undefined;
  /** Default: the page becomes visible or online. */
  readonly onWake?: OnWake | undefined;
  /** Fetches the code of the live stream; default: by `import`. @internal */
  readonly loadStream?: (() => Promise<LiveStreamModule>) | undefined;
}

/**
 * Takes snapshots from a Switchback service: at once by GET, then by its live stream, and by polling while that is down.
 * @throws SwitchbackError `invalid-option` for a url that is not a non-empty string
 * @source docs/contracts.md part 3
 */
export function httpSource(options: HttpSourceOptions): Source {
  const { clock = systemClock, random = Math.random, onWake = onPageWake } = options;
  const loadStream = options.loadStream ?? (() => import('./liveStream.js'));
  const url = readServiceUrl(options.url);
  const connections = new Set<Connection>();
  return {
    name: 'http',
    storageKey: url,
    dependsOnContext: false,
    start(listener, request) {
      const connection = connect({
        url,
        fetch: options.fetch ?? globalFetch,
        EventSource: options.EventSource === undefined ? globalThis.EventSource : options.EventSource,
        clock,
        random,
        onWake,
        loadStream,
        listener,
        order: request.order,
      });
      connections.add(connection);
      return () => {
        connections.delete(connection);
        connection.stop();
      };
    },
    confirm(order: Order) {
      for (const connection of connections) connection.confirm(order);
    },
  };
}
