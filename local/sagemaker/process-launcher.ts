import { dockerCommand } from './docker-command';
import { startHost } from './host-process';
import type { HostCommand } from './host-process';
import { hostFolder, hostsOf } from './hosts';
import { localCommand, localProgramEnvironment } from './job-command';
import { jobEnvironment, machineEnvironment } from './job-environment';
import { JobFailure } from './job-failure';
import type { JobLauncher, JobRun, LaunchContext } from './job-launcher';
import { joinHosts } from './join-hosts';
import { identify } from './process-identity';
import { Watchdog } from './watchdog';

export interface ProcessJobLauncherOptions {
  /** Runs every job in its training image, with the docker command. @default false */
  readonly docker?: boolean;
}

/** Runs the programs of training jobs as processes of this machine, or as containers where that was asked for. */
export class ProcessJobLauncher implements JobLauncher {
  readonly needsFiles = true;
  private readonly watchdog = new Watchdog();

  constructor(private readonly options: ProcessJobLauncherOptions = {}) {}

  startupSeconds(): number {
    return 0;
  }

  launch(context: LaunchContext): JobRun {
    const hosts = hostsOf(context.job.request);
    if (this.options.docker && hosts.length > 1) {
      throw new JobFailure(
        `ClientError: ResourceConfig asks for ${hosts.length} instances; with the option docker: true a job runs on ` +
          'one. Ask for one, or leave docker out to run each host as a process.',
      );
    }
    const runs: JobRun[] = [];
    try {
      for (const [index, host] of hosts.entries()) {
        runs.push(this.start(context, hostFolder(context.baseFolder, host), index));
      }
    } catch (error) {
      for (const run of runs) run.kill();
      throw error;
    }
    return runs.length === 1 ? runs[0] : joinHosts(runs, context.stopGraceSeconds);
  }

  close(): Promise<void> {
    this.watchdog.close();
    return Promise.resolve();
  }

  private start(context: LaunchContext, folder: string, hostIndex: number): JobRun {
    return startHost({
      jobName: context.job.name,
      folder,
      command: this.command(context, folder, hostIndex),
      onLine: context.onLine,
      onStart: (pid) => {
        this.watchdog.watch(pid);
        // a job keeps one process; the watchdog ends the others.
        if (hostIndex === 0) context.onProcess(identify(pid));
      },
      onEnd: (pid) => this.watchdog.forget(pid),
    });
  }

  private command(context: LaunchContext, folder: string, hostIndex: number): HostCommand {
    const { job, baseFolder, checkpointFolder, endpoints, region } = context;
    if (this.options.docker) {
      const words = dockerCommand(job, { baseFolder, checkpointFolder, endpoints, region });
      return { words, environment: machineEnvironment(), docker: true };
    }
    const environment = {
      ...machineEnvironment(),
      ...jobEnvironment(job, folder, endpoints, region, hostIndex),
      ...localProgramEnvironment(job.request),
    };
    return { words: localCommand(job.request, folder), environment, docker: false };
  }
}
