import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as readline from 'node:readline';
import { Reply, Request } from '../ask-tell/protocol';

/** The core that the program is held to, where the system can do that. */
const CORE = '0';

/** The answer to an ask. */
export type Asked = Extract<Reply, { trials: unknown }>;

/** The ask/tell program in a process of its own, on one core where the system can do that. */
export class AskTellProcess {
  readonly onOneCore = spawnSync('taskset', ['-c', CORE, 'true']).status === 0;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(program: string) {
    const command = [process.execPath, program];
    const [file, ...args] = this.onOneCore ? ['taskset', '-c', CORE, ...command] : command;
    this.child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = readline.createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** @returns the reply, and how long it took in ms, with writing and reading the JSON */
  async send<T extends Reply>(request: Request): Promise<{ reply: Exclude<T, { error: string }>; ms: number }> {
    const begin = performance.now();
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.lines.next();
    const ms = performance.now() - begin;
    if (done) throw new Error('the ask/tell program ended without an answer');
    const reply = JSON.parse(value) as T;
    if ('error' in reply) throw new Error(`the ask/tell program answered: ${reply.error}`);
    return { reply: reply as Exclude<T, { error: string }>, ms };
  }

  /** The most memory that the process has had, in MB; undefined where the system doesn't tell. */
  peakMemory(): number | undefined {
    const kib = /^VmHWM:\s*(\d+) kB$/m.exec(this.proc('status'))?.[1];
    return kib === undefined ? undefined : (Number(kib) * 1024) / 1e6;
  }

  /** The processor time that the process has had, in ms; undefined where the system doesn't tell. */
  cpuTime(): number | undefined {
    // what follows the name, which stands in brackets: fields 3, 4, ..., of which 14 and 15 count hundredths of a second.
    const fields = this.proc('stat').split(') ')[1]?.split(' ');
    return fields === undefined ? undefined : 10 * (Number(fields[11]) + Number(fields[12]));
  }

  end(): void {
    this.child.stdin!.end();
  }

  private proc(file: string): string {
    try {
      return readFileSync(`/proc/${this.child.pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  }
}
