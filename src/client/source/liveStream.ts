// Comes in: events of the live stream. Goes out: kills, snapshots and signs of life, at once. Who calls: connection, by import().
import { createConfirmation } from './confirmation.js';
import { actOnEvent } from './heardEvent.js';
import { createOwnStream } from './ownStream.js';
import { pageSharing, type Sharing } from './pageSharing.js';
import { rateHost, type RatedHost } from './ratedHost.js';
import { createSharedStream } from './sharedStream.js';
import type { ConnectionHost, EventStreamConstructor, LiveStream } from './streamHost.js';

/**
 * @param sharing how tabs find each other; null: each has a stream of its own. Default: the page's, for the browser's EventSource
 * @source docs/contracts.md part 3
 */
export function createLiveStream(
  host: ConnectionHost,
  EventSource: EventStreamConstructor,
  sharing: Sharing | null = pageSharing(EventSource),
): LiveStream {
  const rated = rateHost(host);
  const stream = createStream(rated, EventSource, sharing);
  return {
    ...stream,
    missed: rated.failed,
    close() {
      stream.close();
      rated.stop();
    },
  };
}

function createStream(
  host: RatedHost,
  EventSource: EventStreamConstructor,
  sharing: Sharing | null,
): Omit<LiveStream, 'missed'> {
  try {
    if (sharing) return createSharedStream(host, EventSource, sharing);
  } catch (error) {
    host.fault('cannot be shared', error);
  }
  const { hello, lost, confirm } = createConfirmation(host);
  const stream = createOwnStream(host, EventSource, {
    heard(event) {
      actOnEvent(host, event);
      if (event.type === 'hello') hello(event.streamId);
    },
    closed: lost,
  });
  return { ...stream, confirm };
}
