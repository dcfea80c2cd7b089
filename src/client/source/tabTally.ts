import type { Order } from '../../evaluate/snapshot.js';

/** Which tabs of a shared stream show what: the stream is confirmed when all do, so that one that hangs is not overlooked. */
export interface TabTally {
  show(tab: string, order: Order): void;
  leave(tab: string): void;
  /** Confirms `order` as soon as every tab shows it. */
  want(order: Order): void;
  /** Counts again: a tab may have gone without a word. */
  check(): void;
}

export interface TabTallyOptions {
  compareOrder(a: Order, b: Order): number;
  /** How many tabs there are, frozen ones too. */
  countTabs(): Promise<number>;
  confirm(order: Order): void;
}

// What the channel says must not fill the memory.
const maxTabs = 500;

export function createTabTally({ compareOrder, countTabs, confirm }: TabTallyOptions): TabTally {
  const shown = new Map<string, Order>();
  let wanted: Order | undefined;

  const check = (): void => {
    if (wanted) void count(wanted);
  };
  const count = async (order: Order): Promise<void> => {
    // Where they cannot be counted, those that speak count.
    const tabs = await countTabs().catch(() => 0);
    if (wanted !== order) return;
    const orders = [...shown.values()];
    if (orders.filter((one) => compareOrder(one, order) >= 0).length < tabs) return;
    wanted = undefined;
    confirm(order);
  };

  return {
    check,
    show(tab, order) {
      const known = shown.get(tab);
      if (known && compareOrder(known, order) >= 0) return;
      if (!known && shown.size >= maxTabs) return;
      shown.set(tab, order);
      check();
    },
    leave(tab) {
      shown.delete(tab);
      check();
    },
    want(order) {
      if (!wanted || compareOrder(order, wanted) > 0) wanted = order;
      check();
    },
  };
}
