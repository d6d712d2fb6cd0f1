import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../clock';
import { dockerCommand, dockerFailure, dockerKill } from './docker-command';
import { localCommand, localProgramEnvironment } from './job-command';
import { jobEnvironment, machineEnvironment } from './job-environment';
import { JobFailure } from './job-failure';
import type { JobExit, JobLauncher, JobRun, LaunchContext } from './job-launcher';
import { LineSplitter } from './line-splitter';
import { identify, signalGroup } from './process-identity';
import { instancesOf } from './training-job';
import { Watchdog } from './watchdog';

export interface ProcessJobLauncherOptions {
  /** Runs every job in its training image, with the docker command. @default false */
  readonly docker?: boolean;
}

interface Command {
  readonly words: readonly string[];
  readonly environment: Record<string, string>;
  readonly docker: boolean;
}

const MAX_FAILURE_CHARACTERS = 1024;
/** How long output is waited for that a grandchild may hold open after the program has ended. */
const OUTPUT_GRACE_MS = 2000;
const WALL = new RealClock();

/** Runs the programs of training jobs as processes of this machine, or as containers where that was asked for. */
export class ProcessJobLauncher implements JobLauncher {
  readonly needsFiles = true;
  private readonly watchdog = new Watchdog();

  constructor(private readonly options: ProcessJobLauncherOptions = {}) {}

  startupSeconds(): number {
    return 0;
  }

  launch(context: LaunchContext): JobRun {
    const { words, environment, docker } = this.command(context);
    let child: ChildProcess;
    try {
      child = spawn(words[0], words.slice(1), {
        cwd: context.baseFolder,
        env: environment,
        // a process group of its own, so that its children end with it.
        detached: process.platform !== 'win32',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      // what the operating system does not even take as a command: a NUL in it, too long a list.
      throw cannotStart(words[0], error as NodeJS.ErrnoException, docker);
    }
    const { pid } = child;
    if (pid !== undefined) {
      this.watchdog.watch(pid);
      context.onProcess(identify(pid));
    }
    const running = () => pid !== undefined && child.exitCode === null && child.signalCode === null;
    return {
      ended: this.follow(child, words[0], context, docker),
      terminate: () => {
        if (running()) signalGroup(pid!, 'SIGTERM');
      },
      kill: () => {
        // the docker command does not pass on a SIGKILL that ends itself.
        if (docker) dockerKill(context.job.name, environment);
        if (running()) signalGroup(pid!, 'SIGKILL');
      },
    };
  }

  close(): Promise<void> {
    this.watchdog.close();
    return Promise.resolve();
  }

  private command({ job, baseFolder, checkpointFolder, endpoints, region }: LaunchContext): Command {
    const count = instancesOf(job.request).reduce((sum, group) => sum + group.InstanceCount, 0);
    if (count !== 1) {
      throw new JobFailure(
        `ClientError: the job asks for ${count} instances; locally a job runs on one, this machine.`,
      );
    }
    if (this.options.docker) {
      const words = dockerCommand(job, { baseFolder, checkpointFolder, endpoints, region });
      return { words, environment: machineEnvironment(), docker: true };
    }
    const environment = {
      ...machineEnvironment(),
      ...jobEnvironment(job, baseFolder, endpoints, region),
      ...localProgramEnvironment(job.request),
    };
    return { words: localCommand(job.request, baseFolder), environment, docker: false };
  }

  private async follow(
    child: ChildProcess,
    program: string,
    context: LaunchContext,
    docker: boolean,
  ): Promise<JobExit> {
    let dockerLine = '';
    const splitters = [child.stdout!, child.stderr!].map((stream) => {
      const splitter = new LineSplitter((line) => {
        // docker's own words, and not its hint at the help that follows.
        if (line.startsWith('docker: ')) dockerLine = line;
        context.onLine(line);
      });
      stream.on('data', (chunk: Buffer) => splitter.write(chunk));
      return splitter;
    });
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const exit = await new Promise<{ code: number } | { error: NodeJS.ErrnoException }>((resolve) => {
      child.once('error', (error) => resolve({ error }));
      child.once('exit', (code, signal) => resolve({ code: code ?? 128 + constants.signals[signal!] }));
    });
    if ('error' in exit) return { failureReason: cannotStart(program, exit.error, docker).failureReason };
    // nothing of a container outlives its first process.
    signalGroup(child.pid!, 'SIGKILL');
    this.watchdog.forget(child.pid!);
    const waited = new AbortController();
    await Promise.race([closed, WALL.sleep(OUTPUT_GRACE_MS, waited.signal).catch(() => undefined)]);
    waited.abort();
    for (const stream of [child.stdout!, child.stderr!]) stream.destroy();
    for (const splitter of splitters) splitter.flush();
    if (docker) {
      const failureReason = dockerFailure(exit.code, dockerLine);
      if (failureReason !== undefined) return { failureReason };
    }
    return { exitCode: exit.code, failure: readFailure(context.baseFolder) };
  }
}

function cannotStart(program: string, error: NodeJS.ErrnoException, docker: boolean): JobFailure {
  const where = docker ? 'The option docker: true needs it' : 'AlgorithmSpecification.ContainerEntrypoint names it';
  const reason = error.code === 'ENOENT' ? 'this machine has no such program (ENOENT)' : error.message;
  return new JobFailure(`ClientError: the program ${JSON.stringify(program)} can't be started: ${reason}. ${where}.`);
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
