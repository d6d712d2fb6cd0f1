import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/** A process that outlives this one by a moment, to end the training jobs that a killed runtime leaves behind. */
export class Watchdog {
  private child?: ChildProcess;

  watch(group: number): void {
    this.child ??= this.start();
    this.send(`+${group}\n`);
  }

  forget(group: number): void {
    this.send(`-${group}\n`);
  }

  close(): void {
    this.child?.stdin?.end();
    this.child = undefined;
  }

  private send(text: string): void {
    this.child?.stdin?.write(text);
  }

  private start(): ChildProcess {
    // a group of its own: Ctrl+C in the terminal is for the runtime.
    const child = spawn(process.execPath, [join(__dirname, 'watchdog.cjs')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
    });
    child.unref();
    (child.stdin as Socket).unref();
    // without it a kill leaves its jobs running until the next start finds them, and nothing else is lost.
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    return child;
  }
}
