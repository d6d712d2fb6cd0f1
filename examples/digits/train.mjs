/** Trains a classifier of handwritten digits: by hand, or as a trial of a study. See README.md. */
import { loadCheckpoint, saveCheckpoint, saveModel } from './checkpoint.mjs';
import { readDigits } from './data.mjs';
import { Network } from './network.mjs';
import { parseOptions } from './options.mjs';
import { checkpointDir, modelDir, report } from './study-client.mjs';

const options = parseOptions(process.argv.slice(2));
const { training, validation } = readDigits();
const network = new Network(training.pixels, options);

const checkpoints = checkpointDir();
const trained = checkpoints ? loadCheckpoint(checkpoints, network) : 0;
if (trained > 0) {
  console.log(`continuing after epoch ${trained}`);
}

let accuracy = network.accuracy(validation);
for (let epoch = trained + 1; epoch <= options.epochs; epoch++) {
  const loss = network.trainEpoch(training, epoch);
  // a network without numbers recognizes nothing, though it would always answer the first digit.
  accuracy = Number.isFinite(loss) ? network.accuracy(validation) : NaN;
  // save before the report: it may end the program, and a paused trial goes on from here.
  if (checkpoints && Number.isFinite(loss)) {
    saveCheckpoint(checkpoints, network, epoch);
  }
  await report(epoch, { validation_accuracy: accuracy, training_loss: loss });
  if (!Number.isFinite(loss)) {
    console.error(`the training diverged at epoch ${epoch}: try a smaller learning_rate`);
    process.exit(0);
  }
}

saveModel(modelDir(), network, options, accuracy);
