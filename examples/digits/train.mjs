/** Trains a classifier of handwritten digits: by hand, or as a trial of a study. See README.md. */
import { readState, saveModel, writeState } from './checkpoint.mjs';
import { readDigits } from './data.mjs';
import { Network } from './network.mjs';
import { parseOptions } from './options.mjs';
import { latestCheckpoint, maxResource, modelDir, report, saveCheckpoint } from './study-client.mjs';

const options = parseOptions(process.argv.slice(2));
const { training, validation } = readDigits();
const network = new Network(training.pixels, options);

const latest = latestCheckpoint();
let { epoch, loss } = (latest && readState(latest.folder, network)) ?? { epoch: 0, loss: NaN };
let accuracy = network.accuracy(validation);
const lastEpoch = maxResource(options.epochs);
if (epoch > 0) {
  console.log(`continuing after epoch ${epoch}`);
}
if (epoch >= lastEpoch) {
  // the earlier attempt ended between its last checkpoint and the report of it.
  await report(epoch, { validation_accuracy: accuracy, training_loss: loss });
}
while (epoch < lastEpoch) {
  epoch++;
  loss = network.trainEpoch(training, epoch);
  // a network without numbers recognizes nothing, though it would always answer the first digit.
  accuracy = Number.isFinite(loss) ? network.accuracy(validation) : NaN;
  // save before the report: it may end the program, and a paused trial goes on from here.
  if (Number.isFinite(loss)) {
    await saveCheckpoint(epoch, (folder) => writeState(folder, network, { epoch, loss }));
  }
  await report(epoch, { validation_accuracy: accuracy, training_loss: loss });
  if (!Number.isFinite(loss)) {
    console.error(`the training diverged at epoch ${epoch}: try a smaller learning_rate`);
    process.exit(0);
  }
}

saveModel(modelDir(), network, options, accuracy);
