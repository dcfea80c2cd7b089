// `npm run test:mutations`: all of them, or `-- --sample 6 --seed 1`, or `-- --row 18`.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';

const load = async (file) => (await runnerImport(fileURLToPath(new URL(file, import.meta.url)))).module;
const { mutations } = await load('./mutations.ts');
const { drawSample, runMutations } = await load('./runMutations.ts');

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string' },
    row: { type: 'string' },
    at: { type: 'string', default: '2' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const drawn = drawSample(mutations.length, Number(values.sample ?? mutations.length), seed);
const indexes = values.row === undefined ? drawn : drawn.filter((at) => mutations[at].row === Number(values.row));
console.log(`${indexes.length} of ${mutations.length} mutations, seed ${seed}`);

const results = await runMutations(
  indexes,
  ({ mutation: { row, file, find, why }, outcome, output }) => {
    console.log(`${outcome.padEnd(8)} row ${row}: ${why} (${file})`);
    if (outcome !== 'killed') console.log(`  without: ${find}\n${output.replaceAll(/^/gm, '  | ')}`);
  },
  Number(values.at),
);
const killed = results.filter(({ outcome }) => outcome === 'killed').length;
console.log(`${killed} killed, ${results.length - killed} not`);
process.exit(killed === results.length && killed > 0 ? 0 : 1);
