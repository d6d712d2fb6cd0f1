import type { DueFault, FaultName } from '../faults';
import { faultDefinition } from '../faults';
import { JobFailure } from './job-failure';
import type { CreateTrainingJobRequest } from './training-job';

/** The faults of one job. */
export class JobFaults {
  /** Those that strike the running program, in turn: one a run. */
  private readonly strikes: DueFault[];

  constructor(private readonly faults: readonly DueFault[] = []) {
    this.strikes = faults.filter(({ name }) => faultDefinition(name).whileTraining);
  }

  has(name: FaultName): boolean {
    return this.find(name) !== undefined;
  }

  find(name: FaultName): DueFault | undefined {
    return this.faults.find((fault) => fault.name === name);
  }

  nextStrike(): DueFault | undefined {
    return this.strikes.shift();
  }

  /** Fails a job whose instances have been asked for. */
  checkStart(): void {
    if (this.has('capacity-error')) {
      throw new JobFailure(
        'CapacityError: Unable to provision requested ML compute capacity. Retry with another instance type or later.',
      );
    }
  }

  /** Fails a job whose image is pulled. */
  checkImage({ AlgorithmSpecification }: CreateTrainingJobRequest): void {
    if (!this.has('image-missing')) return;
    const image = AlgorithmSpecification.TrainingImage ?? AlgorithmSpecification.AlgorithmName;
    throw new JobFailure(`ClientError: Cannot pull the training image ${image}: the repository has no such tag.`);
  }

  /** Fails a job whose input is downloaded. */
  checkData({ InputDataConfig = [] }: CreateTrainingJobRequest): void {
    if (!this.has('data-missing')) return;
    const uri = InputDataConfig.map(({ DataSource }) => DataSource.S3DataSource?.S3Uri).find(Boolean) ?? 's3://';
    throw new JobFailure(
      `ClientError: Data download failed: no S3 objects found under ${JSON.stringify(uri)}. Check the S3Uri of the channel.`,
    );
  }
}
