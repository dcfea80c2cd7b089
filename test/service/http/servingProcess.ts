import { createInterface } from 'node:readline';
import { createHandler } from '../../../src/service/http/createHandler.js';
import { listen } from '../../../src/service/listen.js';
import { createMemoryStore } from '../../harness/memoryStore.js';

// A process of its own: prints its port, and the most memory it ever held, in MB, for each line it reads.
const handler = createHandler({
  store: createMemoryStore({ memoryPanel: { enabled: true } }),
  tokens: [{ token: 'admin-token-0123456789', role: 'admin' }],
});
const listener = await listen(handler, {
  port: 0,
  host: '127.0.0.1',
  headersTimeoutMs: 4_000,
  requestTimeoutMs: 6_000,
});
process.stdout.write(`${listener.port}\n`);
createInterface(process.stdin)
  .on('line', () => process.stdout.write(`${process.resourceUsage().maxRSS / 1_024}\n`))
  .on('close', () => process.exit(0));
