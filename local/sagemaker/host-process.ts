import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../clock';
import { dockerFailure, dockerKill } from './docker-command';
import { JobFailure } from './job-failure';
import type { JobExit, JobRun } from './job-launcher';
import { LineSplitter } from './line-splitter';
import { signalGroup } from './process-identity';

export interface HostCommand {
  readonly words: readonly string[];
  readonly environment: Record<string, string>;
  readonly docker: boolean;
  /** The property that names the program, for the message when it can't be started. @default - that of a training job */
  readonly namedBy?: string;
}

export interface HostProcessOptions {
  readonly jobName: string;
  /** What is /opt/ml in a container of this host. */
  readonly folder: string;
  readonly command: HostCommand;
  readonly onLine: (line: string) => void;
  readonly onStart: (pid: number) => void;
  readonly onEnd: (pid: number) => void;
}

const MAX_FAILURE_CHARACTERS = 1024;
/** How long output is waited for that a grandchild may hold open after the program has ended. */
const OUTPUT_GRACE_MS = 2000;
const WALL = new RealClock();

/** Starts the program of one host. */
export function startHost(options: HostProcessOptions): JobRun {
  const { jobName, folder, command, onStart } = options;
  const { words, environment, docker } = command;
  let child: ChildProcess;
  try {
    child = spawn(words[0], words.slice(1), {
      cwd: folder,
      env: environment,
      // a process group of its own, so that its children end with it.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    // what the operating system does not even take as a command: a NUL in it, too long a list.
    throw cannotStart(command, error as NodeJS.ErrnoException);
  }
  const { pid } = child;
  const over = new AbortController();
  if (pid !== undefined) onStart(pid);
  const running = () => pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    ended: follow(child, options).finally(() => over.abort(new Error('the host has ended.'))),
    terminate: () => {
      if (running()) signalGroup(pid!, 'SIGTERM');
    },
    kill: () => {
      // the docker command does not pass on a SIGKILL that ends itself.
      if (docker) dockerKill(jobName, environment);
      if (running()) signalGroup(pid!, 'SIGKILL');
    },
    // a process works in real time, on whatever clock the others are. A container is no process of this group.
    freezeLastHost: docker
      ? undefined
      : (seconds) => {
          if (!running()) return;
          signalGroup(pid!, 'SIGSTOP');
          WALL.sleep(seconds * 1000, over.signal).then(
            () => signalGroup(pid!, 'SIGCONT'),
            () => undefined,
          );
        },
  };
}

async function follow(child: ChildProcess, { command, folder, onLine, onEnd }: HostProcessOptions): Promise<JobExit> {
  const { docker } = command;
  let dockerLine = '';
  const splitters = [child.stdout!, child.stderr!].map((stream) => {
    const splitter = new LineSplitter((line) => {
      // docker's own words, and not its hint at the help that follows.
      if (line.startsWith('docker: ')) dockerLine = line;
      onLine(line);
    });
    stream.on('data', (chunk: Buffer) => splitter.write(chunk));
    return splitter;
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exit = await new Promise<{ code: number } | { error: NodeJS.ErrnoException }>((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) => resolve({ code: code ?? 128 + constants.signals[signal!] }));
  });
  if ('error' in exit) return { failureReason: cannotStart(command, exit.error).failureReason };
  // nothing of a container outlives its first process.
  signalGroup(child.pid!, 'SIGKILL');
  onEnd(child.pid!);
  const waited = new AbortController();
  await Promise.race([closed, WALL.sleep(OUTPUT_GRACE_MS, waited.signal).catch(() => undefined)]);
  waited.abort();
  for (const stream of [child.stdout!, child.stderr!]) stream.destroy();
  for (const splitter of splitters) splitter.flush();
  if (docker) {
    const failureReason = dockerFailure(exit.code, dockerLine);
    if (failureReason !== undefined) return { failureReason };
  }
  return { exitCode: exit.code, failure: readFailure(folder) };
}

function cannotStart(command: HostCommand, error: NodeJS.ErrnoException): JobFailure {
  const { words, docker, namedBy = 'AlgorithmSpecification.ContainerEntrypoint' } = command;
  const where = docker ? 'The option docker: true needs it' : `${namedBy} names it`;
  const reason = error.code === 'ENOENT' ? 'this machine has no such program (ENOENT)' : error.message;
  return new JobFailure(`ClientError: the program ${JSON.stringify(words[0])} can't be started: ${reason}. ${where}.`);
}

function readFailure(base: string): string | undefined {
  let file: number;
  try {
    file = openSync(join(base, 'output', 'failure'), 'r');
  } catch {
    // most programs that fail write none.
    return undefined;
  }
  try {
    const buffer = Buffer.alloc(MAX_FAILURE_CHARACTERS * 4);
    const length = readSync(file, buffer);
    return buffer.toString('utf8', 0, length).slice(0, MAX_FAILURE_CHARACTERS);
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}
