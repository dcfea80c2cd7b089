// The process that asks. Its parent tells it what to do and hears what came of it.
import { readSnapshots } from './askReads.mjs';
import { openStreams, closeStreams, countStreams, arrivals } from './askStreams.mjs';
import { sendBatches, sentSoFar } from './askIngest.mjs';
import { sendLabels } from './askLabels.mjs';

const jobs = { openStreams, closeStreams, countStreams, arrivals, readSnapshots, sendBatches, sentSoFar, sendLabels };

async function run({ id, name, argument }) {
  try {
    process.send({ id, result: await jobs[name](argument) });
  } catch (error) {
    process.send({ id, error: String(error.stack) });
  }
}
process.on('message', (message) => void run(message));
process.on('disconnect', () => process.exit());
