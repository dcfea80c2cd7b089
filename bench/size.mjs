// What a host downloads, beside the recorded limits.
//   node bench/size.mjs            prints the table; exits 1 when a bundle is over its limit
//   node bench/size.mjs --record   writes the limits anew: what is measured and 5 % more
//   node bench/size.mjs --json     rows for other programs
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureBundles } from './size/bundles.mjs';

const { values } = parseArgs({ options: { record: { type: 'boolean' }, json: { type: 'boolean' } } });
const limitsFile = new URL('./size/limits.json', import.meta.url);
const bundles = await measureBundles();

if (values.record) {
  const limitOf = ({ gzip }) => Math.ceil(gzip * 1.05);
  const limits = bundles.map(({ name, firstLoad, everything }) => [
    name,
    { firstLoad: limitOf(firstLoad), everything: limitOf(everything) },
  ]);
  await writeFile(limitsFile, `${JSON.stringify(Object.fromEntries(limits), null, 2)}\n`);
}

const limits = JSON.parse(await readFile(limitsFile, 'utf8'));
const rows = bundles.map(({ name, firstLoad, everything }) => {
  const limit = limits[name] ?? { firstLoad: 0, everything: 0 };
  return {
    bundle: name,
    chunks: everything.chunks,
    firstLoadChunks: firstLoad.chunks,
    firstLoadMin: firstLoad.min,
    firstLoadGzip: firstLoad.gzip,
    firstLoadLimit: limit.firstLoad,
    everythingMin: everything.min,
    everythingGzip: everything.gzip,
    everythingLimit: limit.everything,
    isWithinLimit: firstLoad.gzip <= limit.firstLoad && everything.gzip <= limit.everything,
  };
});

if (values.json) console.log(JSON.stringify(rows));
else console.table(rows);
for (const { bundle } of rows.filter(({ isWithinLimit }) => !isWithinLimit))
  console.error(`${bundle} is over its limit; if it has to be, record new limits: node bench/size.mjs --record`);
process.exitCode = rows.every(({ isWithinLimit }) => isWithinLimit) ? 0 : 1;
