import { StringDecoder } from 'node:string_decoder';

/** A line that never ends must not fill the memory. */
const MAX_LINE_CHARACTERS = 1_048_576;

/** Cuts a stream of bytes into lines. */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  write(chunk: Buffer): void {
    const lines = (this.rest + this.decoder.write(chunk)).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.emit(line);
    if (this.rest.length > MAX_LINE_CHARACTERS) this.flush();
  }

  /** Gives out a last line that has no line break. */
  flush(): void {
    const line = this.rest;
    this.rest = '';
    if (line !== '') this.emit(line);
  }

  private emit(line: string): void {
    this.onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}
