import * as fs from 'fs';
import * as path from 'path';

/** A file or folder that is built with this package and shipped beside its constructs, whether those are compiled or not. */
export function shippedFile(...parts: string[]): string {
  const file = path.join(packageRoot(), ...parts);
  if (!fs.existsSync(file)) {
    throw new Error(
      `cdk-hpo is incomplete: ${file} is missing; install the package again, or in its repository run npm run bundle`,
    );
  }
  return file;
}

function packageRoot(): string {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  return folder;
}
