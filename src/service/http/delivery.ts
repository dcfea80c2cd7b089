import { showValue, SwitchbackError } from '../../error.js';
import { defaultDelivery, type Delivery } from '../../evaluate/snapshot.js';

const dayMs = 86_400_000;
/** What clients take; anything else they replace by their own default. */
const ranges: Readonly<Record<keyof Delivery, readonly [minimum: number, maximum: number]>> = {
  pollMs: [1_000, 7 * dayMs],
  heartbeatMs: [100, 600_000],
  spreadMs: [0, 7 * dayMs],
  ackRate: [0, 1],
  maxStaleMs: [0, 30 * dayMs],
};

/**
 * Reads how clients are told to behave.
 * @throws SwitchbackError `invalid-option` for what they would not take
 */
export function readDelivery(given: Partial<Delivery> = {}): Delivery {
  const delivery = { ...defaultDelivery, ...given };
  for (const [name, [minimum, maximum]] of Object.entries(ranges)) {
    const value = delivery[name as keyof Delivery];
    if (!(value >= minimum && value <= maximum))
      throw new SwitchbackError(
        'invalid-option',
        `delivery.${name} must be ${minimum} to ${maximum}, found ${showValue(value)}`,
      );
  }
  return delivery;
}
