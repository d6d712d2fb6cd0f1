import { startHost } from '../sagemaker/host-process';
import { JobFailure } from '../sagemaker/job-failure';
import type { JobExit } from '../sagemaker/job-launcher';
import { identify } from '../sagemaker/process-identity';
import { Watchdog } from '../sagemaker/watchdog';
import type { BatchLauncher, ContainerContext, ContainerExit, ContainerRun } from './batch-launcher';
import { containerCommand, containerEnvironment } from './container-environment';
import { OUT_OF_MEMORY_REASON, SIGKILL_EXIT } from './exits';

/** Runs the commands of containers as processes of this machine, without their images. */
export class ProcessBatchLauncher implements BatchLauncher {
  readonly needsFiles = true;
  private readonly watchdog = new Watchdog();

  launch(context: ContainerContext): ContainerRun {
    const { job, folder, onLine, onProcess } = context;
    const words = containerCommand(job.container);
    if (words.length === 0) {
      return notStarted(
        `the image ${job.container.image} brings its own program, which does not run locally. Give the job definition, ` +
          'or ContainerOverrides, a Command.',
      );
    }
    let killed = false;
    try {
      const run = startHost({
        jobName: job.jobName,
        folder,
        command: {
          words,
          environment: containerEnvironment(context),
          docker: false,
          namedBy: 'ContainerProperties.Command or ContainerOverrides.Command',
        },
        onLine,
        onStart: (pid) => {
          this.watchdog.watch(pid);
          onProcess(identify(pid));
        },
        onEnd: (pid) => this.watchdog.forget(pid),
      });
      return {
        ended: run.ended.then((exit) => exitOf(exit, killed)),
        terminate: () => run.terminate(),
        kill: () => {
          killed = true;
          run.kill();
        },
      };
    } catch (error) {
      if (error instanceof JobFailure) return notStarted(error.failureReason);
      throw error;
    }
  }

  close(): Promise<void> {
    this.watchdog.close();
    return Promise.resolve();
  }
}

function exitOf(exit: JobExit, killed: boolean): ContainerExit {
  if ('failureReason' in exit) return cannotStart(exit.failureReason);
  const { exitCode } = exit;
  // killed by another hand than ours: on this machine as on AWS that is the kernel, for want of memory.
  return exitCode === SIGKILL_EXIT && !killed ? { exitCode, reason: OUT_OF_MEMORY_REASON } : { exitCode };
}

function notStarted(problem: string): ContainerRun {
  return { ended: Promise.resolve(cannotStart(problem)), terminate: () => undefined, kill: () => undefined };
}

function cannotStart(problem: string): ContainerExit {
  return { notStarted: `CannotStartContainerError: ${problem.replace(/^ClientError: /, '')}` };
}
