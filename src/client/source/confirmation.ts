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

/** @source docs/contracts.md part 4 */
export function createConfirmation(host: Pick<StreamHost, 'url' | 'post' | 'tell' | 'compareOrder'>): Confirmation {
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
    const body = JSON.stringify({ streamId, epoch: order.epoch, revision: order.revision });
    void host.post(`${host.url}/confirm`, body).then(({ error }) => {
      if (error) host.tell((to) => to.fault('confirm', error));
    });
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
    },
  };
}
