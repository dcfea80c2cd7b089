// A replica that does nothing but add up, until it is killed.
import { openDatabase } from '../../../src/service/database.js';
import { rollUp } from '../../../src/service/metrics/rollUp.js';

const database = openDatabase({ config: { connectionString: process.argv[2]! }, onInternalFault: () => {} });
const levels = [60_000, 3_600_000, 86_400_000].map((durationMs) => ({ durationMs, afterMs: 86_400_000 }));
process.send?.('rolling');
for (;;) await rollUp(database, levels, async () => {}).catch(() => {});
