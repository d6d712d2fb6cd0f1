import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Keeps the whole state of a training in one file, in a form that the Python twin reads as well. */
export function saveCheckpoint(folder, network, epoch) {
  const arrays = {};
  for (const [name, values] of namedArrays(network)) {
    arrays[name] = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
  }
  writeAtomically(join(folder, 'checkpoint.json'), JSON.stringify({ epoch, steps: network.steps, arrays }));
}

/** Puts an earlier attempt's state into the network; answers how many epochs it has trained, 0 if there is none. */
export function loadCheckpoint(folder, network) {
  const file = join(folder, 'checkpoint.json');
  if (!existsSync(file)) {
    return 0;
  }
  const { epoch, steps, arrays } = JSON.parse(readFileSync(file, 'utf8'));
  const loaded = namedArrays(network).map(([name, values]) => [values, Buffer.from(arrays[name] ?? '', 'base64')]);
  // the learning rate may have changed since, the shape of the network and the optimizer may not.
  if (loaded.some(([values, bytes]) => bytes.length !== values.byteLength)) {
    process.stderr.write(`${file} is of a network of another shape or optimizer: training starts anew\n`);
    return 0;
  }
  for (const [values, bytes] of loaded) {
    values.set(new Float64Array(Uint8Array.from(bytes).buffer));
  }
  network.steps = steps;
  return epoch;
}

/** The trained network as a small JSON file: six digits of a weight are more than its recognition needs. */
export function saveModel(folder, network, options, accuracy) {
  const weights = Object.entries(network.weights).map(([name, values]) => [
    name,
    Array.from(values, (value) => Number(value.toPrecision(6))),
  ]);
  const model = { options, validation_accuracy: accuracy, weights: Object.fromEntries(weights) };
  writeAtomically(join(folder, 'model.json'), JSON.stringify(model));
}

function namedArrays({ weights, moments }) {
  return [['weights', weights], ...Object.entries(moments)].flatMap(([group, arrays]) =>
    Object.entries(arrays).map(([name, values]) => [`${group}.${name}`, values]),
  );
}

/** A reader sees the old file or the new one, never half a file: the machine may vanish at any time. */
function writeAtomically(file, text) {
  const draft = `${file}.tmp`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}
