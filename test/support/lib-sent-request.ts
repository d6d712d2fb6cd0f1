import { jobNameOf } from '../../lambda/core/study/job-name';
import { StudyRecord } from '../../lambda/core/store/records';
import { MAX_TRIALS } from '../../lib/contract/limits';
import { TunerDefinition } from '../../lib/contract/tuner-definition';
import { evaluateAll } from './lib-jsonata';

const STUDY = 's'.repeat(80);
const STUDY_ID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const TRIAL = MAX_TRIALS;
const ATTEMPT = 100_000;

/**
 * A request of a tuner's state machine as SageMaker would get it, once for each instance type that a trial may run on:
 * expressions are evaluated for a trial with numbers and names as long as they get, and references replaced by what
 * CloudFormation would make of them.
 *
 * @param typeOf the type of a resource, by the name that stands in its reference
 */
export async function sentRequests(
  request: Record<string, unknown>,
  tuner: TunerDefinition,
  typeOf: (name: string) => string | undefined,
): Promise<Record<string, unknown>[]> {
  const { compute } = deployed(tuner, typeOf) as TunerDefinition;
  const types = compute.instanceGroups === undefined ? compute.instanceTypes : [undefined];
  const sent = types.map(async (instanceType) => {
    const evaluated = await evaluateAll(request, {
      study: STUDY,
      next: nextOf(tuner, instanceType, compute.checkpointRoot),
      states: { context: { State: { RetryCount: 8 }, Execution: { RedriveCount: 0 } } },
    });
    return deployed(evaluated, typeOf) as Record<string, unknown>;
  });
  return Promise.all(sent);
}

/** What Next trial would answer. */
function nextOf({ compute, searchSpace, scheduler }: TunerDefinition, instanceType: unknown, checkpointRoot: string) {
  const record = { study: STUDY, id: STUDY_ID, tuner: { compute } } as unknown as StudyRecord;
  return {
    trial: TRIAL,
    attempt: ATTEMPT,
    jobName: jobNameOf(record, TRIAL, ATTEMPT),
    token: 't'.repeat(43),
    checkpointUri: `${checkpointRoot}/${STUDY}-${STUDY_ID.slice(0, 8)}/${TRIAL}/`,
    hyperparameters: Object.fromEntries(searchSpace.map(({ name }) => [name, '0.12345678901234568'])),
    ...('maxResource' in scheduler && { maxResource: scheduler.maxResource }),
    ...(instanceType !== undefined && { instanceType, instanceCount: compute.instanceCount }),
    maxRuntimeSeconds: compute.maxRuntimeSeconds,
    ...(compute.maxWaitSeconds !== undefined && { maxWaitSeconds: compute.maxWaitSeconds }),
  };
}

const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-southeast-2',
  'AWS::AccountId': '111111111111',
  'AWS::URLSuffix': 'amazonaws.com.cn',
};

/** What `Ref` of a resource gives, or one of its attributes; as long as CloudFormation makes them. */
const REFERENCES: Record<string, string> = {
  'AWS::IAM::Role.Arn': `arn:aws-us-gov:iam::111111111111:role/${'r'.repeat(64)}`,
  'AWS::S3::Bucket': 'b'.repeat(63),
  'AWS::Lambda::Function': 'f'.repeat(64),
  'AWS::KMS::Key.Arn': 'arn:aws-us-gov:kms:ap-southeast-2:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  'AWS::EC2::SecurityGroup.GroupId': 'sg-0123456789abcdef0',
  'AWS::EC2::Subnet': 'subnet-0123456789abcdef0',
  'AWS::EFS::FileSystem': 'fs-0123456789abcdef0',
  'AWS::FSx::FileSystem': 'fs-0123456789abcdef0',
  'AWS::FSx::FileSystem.LustreMountName': 'abcdefgh',
  'AWS::ECR::Repository': 'images',
  'AWS::Batch::JobQueue.JobQueueArn': `arn:aws-us-gov:batch:ap-southeast-2:111111111111:job-queue/${'q'.repeat(128)}`,
  'AWS::Batch::JobDefinition': `arn:aws-us-gov:batch:ap-southeast-2:111111111111:job-definition/${'d'.repeat(128)}:1`,
};

/** References replaced by what CloudFormation would make of them. */
export function deployed(value: unknown, typeOf: (name: string) => string | undefined): unknown {
  if (typeof value === 'string') return resolved(value, typeOf);
  if (value === undefined) throw new Error('an expression of the request has no value');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => deployed(item, typeOf));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deployed(item, typeOf)]));
}

/** Innermost references first: they may stand in each other. */
function resolved(text: string, typeOf: (name: string) => string | undefined): string {
  const next = text.replaceAll(/\$\{([^${}]+)\}/g, (_, reference: string) => {
    if (reference.startsWith('Fn::FindInMap(')) return '222222222222';
    const [, name, attribute = ''] = /^(.*?)(\.\w+)?$/.exec(reference)!;
    const value = PSEUDO_PARAMETERS[reference] ?? REFERENCES[`${typeOf(name)}${attribute}`];
    if (value === undefined) throw new Error(`no value for the reference ${reference} of type ${typeOf(name)}`);
    return value;
  });
  return next === text ? text : resolved(next, typeOf);
}
