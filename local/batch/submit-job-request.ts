import { violationsOf } from '../sagemaker/constraint';
import type { BatchKeyValue, BatchResourceRequirement, BatchRetryStrategy } from '../template/description';
import { clientException } from './client-exception';
import { NOT_HERE, SUBMIT_JOB } from './submit-job-model';

export interface SubmitJobRequest {
  readonly jobName: string;
  readonly jobQueue: string;
  readonly jobDefinition: string;
  readonly containerOverrides?: {
    readonly command?: readonly string[];
    readonly environment?: readonly BatchKeyValue[];
    readonly resourceRequirements?: readonly BatchResourceRequirement[];
  };
  readonly retryStrategy?: BatchRetryStrategy;
  readonly timeout?: { readonly attemptDurationSeconds: number };
  readonly tags?: Readonly<Record<string, string>>;
}

const MAX_PAYLOAD_BYTES = 30 * 1024;

const AMOUNTS: Readonly<Record<string, { readonly pattern: RegExp; readonly says: string }>> = {
  VCPU: { pattern: /^(?:0\.25|0\.5|[1-9]\d*(?:\.0)?)$/, says: 'a whole number of vCPUs, or 0.25 or 0.5 on Fargate' },
  MEMORY: { pattern: /^(?:[4-9]|[1-9]\d+)$/, says: 'a number of MiB of at least 4' },
  GPU: { pattern: /^[1-9]\d*$/, says: 'a whole number of GPUs of at least 1' },
};

/** Checks a request as Batch does; throws a ClientException that names field, value and constraint. */
export function validateSubmitJob(input: Record<string, unknown>): SubmitJobRequest {
  const unsupported = Object.keys(NOT_HERE).find((field) => isGiven(input[field]));
  if (unsupported !== undefined) {
    throw clientException(`${unsupported}: the local Batch runs no ${NOT_HERE[unsupported]}. Leave ${unsupported} out`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw clientException(`The request has ${bytes} bytes; SubmitJob takes at most ${MAX_PAYLOAD_BYTES} (30 KiB)`);
  }
  const known = Object.fromEntries(Object.entries(input).filter(([name]) => !Object.hasOwn(NOT_HERE, name)));
  const violations = violationsOf(known, SUBMIT_JOB);
  if (violations.length > 0) throw clientException(violations.join('; '));
  const request = known as unknown as SubmitJobRequest;
  checkOverrides(request);
  const { retryStrategy } = request;
  if (retryStrategy !== undefined && retryStrategy.attempts === undefined) {
    throw clientException('RetryAttempts must be provided with retry strategy: give retryStrategy.attempts');
  }
  return request;
}

function checkOverrides({ containerOverrides = {} }: SubmitJobRequest): void {
  const { environment = [], resourceRequirements = [] } = containerOverrides;
  const reserved = environment.find(({ name }) => name.startsWith('AWS_BATCH'));
  if (reserved !== undefined) {
    throw clientException(
      `containerOverrides.environment: '${reserved.name}' begins with AWS_BATCH, which is reserved`,
    );
  }
  for (const { type, value } of resourceRequirements) {
    const { pattern, says } = AMOUNTS[type];
    if (!pattern.test(value)) {
      throw clientException(`containerOverrides.resourceRequirements: ${type} is '${value}'; give ${says}`);
    }
  }
  const types = resourceRequirements.map(({ type }) => type);
  const repeated = types.find((type, index) => types.indexOf(type) !== index);
  if (repeated !== undefined) {
    throw clientException(`containerOverrides.resourceRequirements: the type ${repeated} is repeated`);
  }
}

// Step Functions and the SDKs leave nothing or an empty list for what is not asked for.
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && JSON.stringify(value) !== '{}' && JSON.stringify(value) !== '[]';
}
