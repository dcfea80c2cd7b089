import { createHandler } from '../../src/service/http/createHandler.js';
import { listen } from '../../src/service/listen.js';
import { createMemoryStore } from './memoryStore.js';

/** Our service over real HTTP, with one feature. */
export interface OfrepEngine {
  readonly url: string;
  set(isOn: boolean): Promise<void>;
  close(): Promise<void>;
}

export async function startOfrepEngine(feature: string): Promise<OfrepEngine> {
  const store = createMemoryStore({ [feature]: { enabled: true, percentage: 100 } });
  const handler = createHandler({ store, tokens: [] });
  const listener = await listen(handler, { port: 0, host: '127.0.0.1', drainMs: 500 });
  await handler.ready;
  return {
    url: listener.url,
    set: (isOn) => store.changeOutside(feature, { enabled: isOn }),
    async close() {
      handler.close();
      await listener.close();
    },
  };
}
