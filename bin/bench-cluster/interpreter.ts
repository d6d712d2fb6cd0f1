import { execFileSync } from 'node:child_process';
import * as path from 'node:path';

/**
 * Puts the interpreter itself before whatever of its name is on the PATH: the shim of a version manager takes several times
 * as long to find it as it takes to start.
 */
export function spareShims(): void {
  const interpreter = execFileSync('python3', ['-c', 'import sys; print(sys.executable)']).toString().trim();
  process.env.PATH = `${path.dirname(interpreter)}${path.delimiter}${process.env.PATH}`;
}
