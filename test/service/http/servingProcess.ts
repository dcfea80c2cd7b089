import { createInterface } from 'node:readline';
import { createHandler } from '../../../src/service/http/createHandler.js';
import { listen } from '../../../src/service/listen.js';
import { createMemoryStore } from '../../harness/memoryStore.js';

// A process of its own: prints its port, and the most memory it ever held, in MB, for each line it reads.
const handler = createHandler({
  // Each answer is 12 kB, so that a few hundred are more than kernels keep for somebody who does not read.
  store: createMemoryStore({ memoryPanel: { enabled: true, config: { text: 'x'.repeat(12_000) } } }),
  tokens: [{ token: 'admin-token-0123456789', role: 'admin' }],
  // More rarely than a connection over which nothing moves is closed, however busy the machine is.
  delivery: { heartbeatMs: 60_000 },
});
const listener = await listen(handler, {
  port: 0,
  host: '127.0.0.1',
  headersTimeoutMs: 4_000,
  requestTimeoutMs: 6_000,
  idleTimeoutMs: 3_000,
});
process.stdout.write(`${listener.port}\n`);
createInterface(process.stdin)
  .on('line', () => process.stdout.write(`${process.resourceUsage().maxRSS / 1_024}\n`))
  .on('close', () => process.exit(0));
