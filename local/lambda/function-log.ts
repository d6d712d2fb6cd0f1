import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const TAIL_BYTES = 4096;

/** What a function printed: a file per function, and the tail of each invocation. */
export class FunctionLog {
  readonly file: string;

  constructor(folder: string, functionName: string) {
    this.file = join(folder, 'logs', `${functionName}.log`);
    mkdirSync(dirname(this.file), { recursive: true });
  }

  append(text: string): void {
    appendFileSync(this.file, text);
  }

  read(): string {
    return existsSync(this.file) ? readFileSync(this.file, 'utf8') : '';
  }
}

/** The end of a text, as AWS answers it for `LogType: Tail`. */
export function tailOf(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= TAIL_BYTES ? text : bytes.subarray(bytes.length - TAIL_BYTES).toString('utf8');
}
