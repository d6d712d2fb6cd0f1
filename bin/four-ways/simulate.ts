import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { StudyResult, TrainAnswer } from '../../lib/contract/calls';
import { SimulatedBatchLauncher, SimulatedContainer } from '../../local/batch';
import { VirtualClock } from '../../local/clock';
import { LocalRuntime } from '../../local/runtime';
import { SimulatedJobLauncher, SimulatedProgram } from '../../local/sagemaker';
import { ASSUMED } from './assumptions';
import { Meter, Orchestration } from './meter';
import { simulateWorkers } from './simulated-worker';
import { StudyShape, Trace, train } from './study';
import { DEFAULT_HEARTBEAT, heartbeatOf, synthesizeWay, WayName, WAYS } from './ways';

/** What a study has taken. */
export interface Measurement {
  readonly way: WayName;
  readonly result: StudyResult;
  readonly wallSeconds: number;
  readonly instanceSeconds: number;
  readonly trainedSeconds: number;
  readonly startingSeconds: number;
  readonly untrainedSeconds: number;
  readonly stopped: number;
  readonly orchestration: Orchestration;
}

const SEED = 1;
const STUDY = 'four-ways';

/** Instances of AWS Batch are looked at so often. */
const SAMPLE_SECONDS = 5;

/** vCPUs of a g5.xlarge. */
const VCPUS = 4;

/** Runs the study in one of the ways, from its synthesized stack and on the virtual clock. */
export async function simulate(way: WayName, shape: StudyShape): Promise<Measurement> {
  const folder = mkdtempSync(path.join(tmpdir(), 'cdk-hpo-four-ways-'));
  try {
    const simulation = new Simulation(way, shape);
    return await simulation.run(synthesizeWay(way, shape, folder), path.join(folder, 'state'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Simulation {
  private readonly clock = new VirtualClock();
  private readonly trace: Trace = { trainedSeconds: 0, untrainedSeconds: 0, stopped: 0, startingSeconds: 0 };
  private readonly created = new Map<string, number>();
  private meter!: Meter;
  private runtime!: LocalRuntime;

  constructor(
    private readonly way: WayName,
    private readonly shape: StudyShape,
  ) {}

  async run(assembly: string, folder: string): Promise<Measurement> {
    const { clock, way, trace } = this;
    this.runtime = await LocalRuntime.start({
      assembly,
      folder,
      clock,
      inMemory: true,
      launcher: new SimulatedJobLauncher({
        clock,
        startupSeconds: ({ name }) => this.startUp(name),
        program: this.job,
      }),
      sageMaker: { createRatePerSecond: 1, warmPoolStartupSeconds: ASSUMED.warmStart },
      batchLauncher: new SimulatedBatchLauncher({ clock, program: this.container }),
      batch: {
        instanceStartSeconds: ASSUMED.batchLaunch + ASSUMED.imageDownload,
        idleSeconds: ASSUMED.batchIdle,
        onStatus: ({ status, createdAt, startedAt }) => {
          // when it trains.
          if (status !== 'RUNNING') return;
          const waited = (Number(startedAt) - Number(createdAt)) / 1000;
          trace.startingSeconds += waited + ASSUMED.batchPlacement;
        },
      },
      onNotice: () => undefined,
    });
    try {
      this.meter = new Meter(this.runtime);
      const began = clock.now();
      const batch = this.sampleBatch();
      const result = await this.study();
      const wallSeconds = (clock.now() - began) / 1000;
      const orchestration = this.meter.read();
      const instanceSeconds = (await batch.stop()) + (await this.billedSeconds());
      return { way, result, wallSeconds, instanceSeconds, ...trace, orchestration };
    } finally {
      await this.runtime.close();
    }
  }

  private async study(): Promise<StudyResult> {
    const { stepFunctions, app } = this.runtime;
    const { executionArn } = (await stepFunctions.handle('StartExecution', {
      stateMachineArn: app.stateMachines[0].arn,
      input: JSON.stringify({ study: STUDY, seed: SEED }),
    })) as { executionArn: string };
    const { status, output, cause } = await stepFunctions.waitForExecution(executionArn);
    if (status !== 'SUCCEEDED') throw new Error(`${this.way}: the study has ended as ${status}: ${cause}`);
    return JSON.parse(output!) as StudyResult;
  }

  /** Of a training job that doesn't find a warm pool; tuning jobs keep instances by themselves. */
  private startUp(name: string): number {
    const isKept = this.way === 'tuning' && this.created.size >= this.shape.parallel;
    this.created.set(name, this.clock.now());
    return isKept ? ASSUMED.warmStart : ASSUMED.trainingJobLaunch;
  }

  private readonly job: SimulatedProgram = async (job, clock, { log, signal }) => {
    const { request, name } = job;
    const waited = (clock.now() - this.created.get(name)!) / 1000;
    const isNew = waited >= ASSUMED.trainingJobLaunch;
    // a job that is stopped meanwhile ends.
    if (isNew) await clock.sleep(ASSUMED.imageDownload * 1000, signal);
    const starting = waited + (isNew ? ASSUMED.imageDownload : 0);
    const environment = request.Environment ?? {};
    const slots = Number(environment.CDK_HPO_WORKER_SLOTS ?? 1) * request.ResourceConfig.InstanceCount!;
    this.trace.startingSeconds += starting * slots;

    if (environment.CDK_HPO_WORKER_FUNCTION !== undefined) {
      const worker = environment.CDK_HPO_WORKER_FUNCTION;
      const beats = heartbeatOf(this.shape) / DEFAULT_HEARTBEAT;
      const call = (body: Readonly<Record<string, unknown>>) =>
        body.call === 'heartbeat'
          ? this.meter.invokeFor(beats, worker, body)
          : this.meter.invoke(worker, body, body.call !== 'join');
      const run = (answer: TrainAnswer, stopped: AbortSignal) =>
        this.attempt(answer.hyperparameters, stopped, identity(environment, answer));
      await simulateWorkers({ job, clock, signal, call, run });
    } else if (this.way === 'tuning') {
      await this.attempt(request.HyperParameters!, signal, log);
    } else {
      await this.attempt(request.HyperParameters!, signal, environment);
    }
    return 0;
  };

  private readonly container: SimulatedContainer = async ({ container }, clock, { signal }) => {
    await clock.sleep(ASSUMED.batchPlacement * 1000, signal);
    const environment = Object.fromEntries(container.environment.map(({ name, value }) => [name, value]));
    const { hyperparameters } = JSON.parse(environment.CDK_HPO_ATTEMPT_JSON) as TrainAnswer;
    await this.attempt(hyperparameters, signal, environment);
    return 0;
  };

  /** Trains, and reports to the study, or prints. */
  private attempt(
    hyperparameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
    to: Readonly<Record<string, string>> | ((line: string) => void),
  ): Promise<void> {
    const report = async (resource: number, quality: number) => {
      if (typeof to === 'function') {
        to(`quality=${quality}`);
        return true;
      }
      const answer = await this.meter.invoke(to.CDK_HPO_REPORT_FUNCTION, {
        study: to.CDK_HPO_STUDY,
        trial: Number(to.CDK_HPO_TRIAL),
        attempt: Number(to.CDK_HPO_ATTEMPT),
        token: to.CDK_HPO_TOKEN,
        resource,
        metrics: { quality },
      });
      return (answer as { decision: string }).decision === 'continue';
    };
    return train(this.shape, this.trace, { hyperparameters, clock: this.clock, signal, report });
  }

  /** Of all training jobs, and of the warm pools until they have ended too. */
  private async billedSeconds(): Promise<number> {
    if (this.way === 'warm') await this.clock.sleep(ASSUMED.keepAlive * 1000);
    let seconds = 0;
    for (const TrainingJobName of this.created.keys()) {
      const job = (await this.runtime.sageMaker.handle('DescribeTrainingJob', { TrainingJobName })) as BilledJob;
      const kept = job.WarmPoolStatus?.ResourceRetainedBillableTimeInSeconds ?? 0;
      seconds += ((job.BillableTimeInSeconds ?? 0) + kept) * job.ResourceConfig.InstanceCount;
    }
    return seconds;
  }

  /** Adds up the time of AWS Batch's instances, idle ones too, until the last one has gone. */
  private sampleBatch(): { stop(): Promise<number> } {
    const [queue] = this.runtime.app.jobQueues;
    if (queue === undefined) return { stop: () => Promise.resolve(0) };
    let ended = false;
    const sampling = (async () => {
      let seconds = 0;
      for (;;) {
        const instances = this.runtime.batch.launchedVcpus(queue.arn) / VCPUS;
        if (ended && instances === 0) return seconds;
        await this.clock.sleep(SAMPLE_SECONDS * 1000);
        seconds += instances * SAMPLE_SECONDS;
      }
    })();
    return {
      stop: () => {
        ended = true;
        return sampling;
      },
    };
  }
}

interface BilledJob {
  readonly BillableTimeInSeconds?: number;
  readonly WarmPoolStatus?: { readonly ResourceRetainedBillableTimeInSeconds?: number };
  readonly ResourceConfig: { readonly InstanceCount: number };
}

function identity(
  { CDK_HPO_REPORT_FUNCTION, CDK_HPO_WORKER_STUDY }: Readonly<Record<string, string>>,
  { trial, attempt, token }: TrainAnswer,
): Record<string, string> {
  return {
    CDK_HPO_REPORT_FUNCTION,
    CDK_HPO_STUDY: CDK_HPO_WORKER_STUDY,
    CDK_HPO_TRIAL: String(trial),
    CDK_HPO_ATTEMPT: String(attempt),
    CDK_HPO_TOKEN: token,
  };
}

/** Dollars for the instances of a study. */
export function computeUsd({ way, instanceSeconds }: Measurement): number {
  return (instanceSeconds / 3600) * WAYS[way].usdPerHour;
}
