import type { Order } from '../../evaluate/snapshot.js';
import type { StreamHost } from './streamHost.js';

/** What the service is told of kills that are on the screen. */
export interface Confirmation {
  hello(streamId: string): void;
  /** The stream is over: what comes now waits for the next. */
  lost(): void;
  /** Once per stream and order. */
  confirm(order: Order): void;
}

const maxTries = 8;
const firstSpreadMs = 1_000;
const maxSpreadMs = 30_000;

/**
 * Sent again where the service cannot take it, with full jitter after what it asks for, while the stream lives.
 * @source docs/contracts.md part 4
 */
export function createConfirmation(
  host: Pick<StreamHost, 'url' | 'post' | 'tell' | 'compareOrder' | 'random' | 'later' | 'cancel'>,
): Confirmation {
  let streamId: string | undefined;
  let confirmed: Order | undefined;
  let unconfirmed: Order | undefined;

  const confirm = (order: Order): void => {
    if (confirmed && host.compareOrder(order, confirmed) <= 0) return;
    if (streamId === undefined) {
      unconfirmed = order;
      return;
    }
    confirmed = order;
    unconfirmed = undefined;
    host.cancel('confirm');
    void send(streamId, order, 1);
  };
  const send = async (id: string, order: Order, tries: number): Promise<void> => {
    const body = JSON.stringify({ streamId: id, epoch: order.epoch, revision: order.revision });
    const { error, status, retryAfterMs } = await host.post(`${host.url}/confirm`, body);
    if (!error) return;
    if (tries === 1) host.tell((to) => to.fault('confirm', error));
    // What came later stands for this one too.
    if (confirmed && host.compareOrder(order, confirmed) < 0) return;
    if (streamId === undefined) unconfirmed ??= order;
    else if (id !== streamId) confirm(order);
    else if (tries < maxTries && (status === 0 || status === 408 || status === 429 || status >= 500)) {
      unconfirmed = order;
      const spreadMs = Math.min(maxSpreadMs, firstSpreadMs * 2 ** tries);
      host.later('confirm', retryAfterMs + host.random() * spreadMs, () => {
        unconfirmed = undefined;
        void send(id, order, tries + 1);
      });
    }
  };

  return {
    confirm,
    hello(id) {
      streamId = id;
      confirmed = undefined;
      if (unconfirmed) confirm(unconfirmed);
    },
    lost() {
      streamId = undefined;
      host.cancel('confirm');
    },
  };
}
