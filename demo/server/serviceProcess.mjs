// The process of the service: started by service.mjs, so that it can be killed and started again while the app stays.
import { rm } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { serviceFile } from './build.mjs';

const [, , port, dataDir] = process.argv;
const { startService } = await import(pathToFileURL(serviceFile).href);

// The demo may be gone before the last line is written.
process.stderr.on('error', () => {});

let running;
let isStopping = false;
async function stop(after = async () => {}) {
  if (isStopping) return;
  isStopping = true;
  await running?.close();
  await after();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
// Ctrl-C belongs to the demo, which then stops this process.
process.on('SIGINT', () => {});
// The demo is gone without a word: nobody else would clean up.
process.on('disconnect', () => void stop(() => rm(dataDir, { recursive: true, force: true })));

try {
  running = await startService({ port: Number(port), dataDir, log: (line) => console.error(line) });
  const { url, databaseUrl, psqlCommand, adminToken, adminTokenFile } = running;
  process.send?.({ url, databaseUrl, psqlCommand, adminToken, adminTokenFile });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
