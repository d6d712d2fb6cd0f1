import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The digits for training and for validation. The test part is for whoever has chosen a model. */
export function readDigits() {
  const folder = process.env.SM_CHANNEL_DIGITS ?? fileURLToPath(new URL('data', import.meta.url));
  if (!existsSync(join(folder, 'digits.json'))) {
    throw new Error(`no digits in ${folder}: run node examples/digits/prepare-data.mjs first`);
  }
  const { side, training, validation, test } = JSON.parse(readFileSync(join(folder, 'digits.json'), 'utf8'));
  const bytes = readFileSync(join(folder, 'digits.bin'));
  const pixels = side * side;
  const total = training + validation + test;
  const part = (start, end) => ({
    count: end - start,
    pixels,
    images: new Float64Array(bytes.subarray(start * pixels, end * pixels)).map((value) => value / 255),
    labels: bytes.subarray(total * pixels + start, total * pixels + end),
  });
  return { training: part(0, training), validation: part(training, training + validation) };
}
