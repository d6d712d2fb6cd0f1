import { randomUUID } from 'node:crypto';
import type {
  BatchContainerDescription,
  BatchResourceRequirement,
  JobDefinitionDescription,
  JobQueueDescription,
} from '../template/description';
import type { BatchJob } from './batch-job';
import { batchEnvironment } from './container-environment';
import type { SubmitJobRequest } from './submit-job-request';

export interface JobOrigin {
  readonly queue: JobQueueDescription;
  readonly definition: JobDefinitionDescription & { readonly container: BatchContainerDescription };
  readonly number: number;
  readonly now: number;
}

/** The job of a request: what is not said there is taken from the job definition. */
export function newJob(request: SubmitJobRequest, { queue, definition, number, now }: JobOrigin): BatchJob {
  const { command, environment = [], resourceRequirements = [] } = request.containerOverrides ?? {};
  const { container } = definition;
  const overridden = new Set(environment.map(({ name }) => name));
  const id = randomUUID();
  return {
    id,
    arn: queue.arn.replace(/:job-queue\/.*$/, `:job/${id}`),
    name: request.jobName,
    number,
    jobQueue: queue.arn,
    jobDefinition: definition.arn,
    container: {
      ...container,
      command: command ?? container.command,
      environment: [
        ...container.environment.filter(({ name }) => !overridden.has(name)),
        ...environment.map(({ name, value }) => ({ name, value: value ?? '' })),
      ],
      resourceRequirements: overrideRequirements(container.resourceRequirements, resourceRequirements),
    },
    retryStrategy: request.retryStrategy ?? definition.retryStrategy ?? { attempts: 1 },
    attemptDurationSeconds: request.timeout?.attemptDurationSeconds ?? definition.attemptDurationSeconds,
    tags: request.tags ?? {},
    overridesLength: overridesLength(request, id),
    createdAt: now,
    status: 'SUBMITTED',
    isCancelled: false,
    isTerminated: false,
    attempts: [],
  };
}

// Batch adds its own variables to those of the request.
function overridesLength({ containerOverrides = {} }: SubmitJobRequest, jobId: string): number {
  const own = Object.entries(batchEnvironment({ jobId, jobQueue: '', attempt: 1 }));
  const environment = [...(containerOverrides.environment ?? []), ...own.map(([name, value]) => ({ name, value }))];
  return JSON.stringify({ ...containerOverrides, environment }).length;
}

function overrideRequirements(
  defined: readonly BatchResourceRequirement[],
  overrides: readonly BatchResourceRequirement[],
): BatchResourceRequirement[] {
  const byType = new Map([...defined, ...overrides].map(({ type, value }) => [type, value]));
  return [...byType].map(([type, value]) => ({ type, value }));
}
