import { JsonService, ServiceError } from '../../local/service';

/** SageMaker's training jobs over its wire protocol, by their names; the last one is the newest. */
export class FakeSageMaker implements JsonService {
  readonly targetPrefix = 'SageMaker';
  readonly jobs = new Map<string, Record<string, unknown>>();
  readonly stopped: string[] = [];

  async handle(operation: string, input: Record<string, unknown>): Promise<unknown> {
    switch (operation) {
      case 'ListTrainingJobs':
        return { TrainingJobSummaries: this.summaries(String(input.NameContains)) };
      case 'DescribeTrainingJob':
        return { TrainingJobName: input.TrainingJobName, ...this.job(input) };
      case 'StopTrainingJob':
        this.stop(input);
        return {};
      default:
        throw new ServiceError('UnknownOperationException', operation);
    }
  }

  private summaries(part: string) {
    const names = [...this.jobs.keys()].filter((name) => name.includes(part)).reverse();
    return names.map((TrainingJobName) => ({ TrainingJobName, ...this.jobs.get(TrainingJobName) }));
  }

  private stop(input: Record<string, unknown>): void {
    const { TrainingJobStatus: status } = this.job(input);
    if (status !== 'InProgress') {
      throw new ServiceError(
        'ValidationException',
        `The request was rejected because the training job is in status ${String(status)}.`,
      );
    }
    this.stopped.push(String(input.TrainingJobName));
  }

  private job({ TrainingJobName: name }: Record<string, unknown>): Record<string, unknown> {
    const job = this.jobs.get(String(name));
    if (job === undefined) throw new ServiceError('ValidationException', 'Requested resource not found.');
    return job;
  }
}
