import { createInterface } from 'node:readline';

// A replica of its own that looks at the plans all the time. Its clock is wrong by so many ms, and jumps at each line it reads.
const [databaseUrl = '', aheadMs = '0'] = process.argv.slice(2);
const trueNow = Date.now.bind(Date);
let offsetMs = Number(aheadMs);
Date.now = () => trueNow() + offsetMs;
const { startService } = await import('../../../src/service/startService.js');
const service = await startService({ port: 0, databaseUrl, adminToken: 'admin-token-0123456789', planTickMs: 10 });
process.stdout.write(`${service.url}\n`);
createInterface(process.stdin)
  .on('line', () => (offsetMs = -offsetMs))
  .on('close', () => process.exit(0));
