import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the whole state of a training into a checkpoint's folder, in a form that the Python twin reads as well. */
export function writeState(folder, network, { epoch, loss }) {
  const arrays = {};
  for (const [name, values] of namedArrays(network)) {
    arrays[name] = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
  }
  writeFileSync(join(folder, 'state.json'), JSON.stringify({ epoch, loss, steps: network.steps, arrays }));
}

/**
 * Puts an earlier attempt's state into the network. Answers how many epochs it has trained and the loss of the last one;
 * undefined if the state is of another network.
 */
export function readState(folder, network) {
  const file = join(folder, 'state.json');
  const { epoch, loss, steps, arrays } = JSON.parse(readFileSync(file, 'utf8'));
  const loaded = namedArrays(network).map(([name, values]) => [values, Buffer.from(arrays[name] ?? '', 'base64')]);
  // the learning rate may have changed since, the shape of the network and the optimizer may not.
  if (loaded.some(([values, bytes]) => bytes.length !== values.byteLength)) {
    process.stderr.write(`${file} is of a network of another shape or optimizer: training starts anew\n`);
    return undefined;
  }
  for (const [values, bytes] of loaded) {
    values.set(new Float64Array(Uint8Array.from(bytes).buffer));
  }
  network.steps = steps;
  return { epoch, loss };
}

/** The trained network as a small JSON file: six digits of a weight are more than its recognition needs. */
export function saveModel(folder, network, options, accuracy) {
  const weights = Object.entries(network.weights).map(([name, values]) => [
    name,
    Array.from(values, (value) => Number(value.toPrecision(6))),
  ]);
  const model = { options, validation_accuracy: accuracy, weights: Object.fromEntries(weights) };
  // a reader sees the old file or the new one, never half a file.
  const draft = join(folder, 'model.json.tmp');
  writeFileSync(draft, JSON.stringify(model));
  renameSync(draft, join(folder, 'model.json'));
}

function namedArrays({ weights, moments }) {
  return [['weights', weights], ...Object.entries(moments)].flatMap(([group, arrays]) =>
    Object.entries(arrays).map(([name, values]) => [`${group}.${name}`, values]),
  );
}
