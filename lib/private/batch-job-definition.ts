import { Fn, RemovalPolicy, Size, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3Assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { BatchTrainingProps } from '../trial-runners/batch-training-props';

/** Of the worker's zip in S3, for the container's first line. */
const WORKER_URI = 'CDK_HPO_WORKER_URI';

/**
 * Fetches the worker and runs it. On AWS by boto3; where S3 is this machine's own, as in the local runtime, by plain HTTP.
 */
const FETCH_AND_RUN = [
  'import os,runpy,sys,urllib.request as u',
  `b,k=os.environ['${WORKER_URI}'][5:].split('/',1)`,
  "e=os.environ.get('AWS_ENDPOINT_URL_S3','')",
  "z='/tmp/cdk-hpo-worker-%d.zip'%os.getpid()",
  "if e.startswith('http://127.'):open(z,'wb').write(u.build_opener(u.ProxyHandler({})).open(e+'/'+b+'/'+k).read())",
  "else:import boto3;boto3.client('s3').download_file(b,k,z)",
  'sys.path.insert(0,z)',
  "runpy.run_module('cdk_hpo_worker',run_name='__main__')",
].join('\n');

/**
 * A command of Batch goes to the entry point of the image, and that of AWS's Deep Learning Containers hands it to bash's `eval`, which
 * reads the words as a line of shell. This word is a program for Python either way: as it is, an f-string; without the quotes that
 * bash takes away, a loop.
 */
const RUNS_EITHER_WAY = `f"or x in[{exec(bytes.fromhex('${Buffer.from(FETCH_AND_RUN).toString('hex')}'))}]:0"`;

/** Batch itself starts a job anew whose instance was lost; all else is for the study to decide. */
const ON_EXIT = [
  { action: 'RETRY', onStatusReason: 'Host EC2*' },
  { action: 'EXIT', onReason: '*' },
  { action: 'EXIT', onExitCode: '*' },
];

interface JobDefinitionParts {
  readonly props: BatchTrainingProps;
  readonly jobRole: iam.IRole;
  readonly environment: { [name: string]: string };
  readonly worker: s3Assets.Asset;
}

/** @returns ARN of the job definition */
export function createBatchJobDefinition(scope: Construct, parts: JobDefinitionParts): string {
  const { props, jobRole, environment, worker } = parts;
  const { vcpus = 1, gpus = 0, memory = Size.gibibytes(2 * vcpus), attempts = 3, sharedMemorySize } = props;
  const logGroup = new logs.LogGroup(scope, 'LogGroup', {
    retention: logs.RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const executionRole = createExecutionRole(scope, logGroup);
  const image = props.image.bind(new Construct(scope, 'TrainingImage'), executionRole);
  const requirements = [
    { type: 'VCPU', value: Tokenization.stringifyNumber(vcpus) },
    { type: 'MEMORY', value: Tokenization.stringifyNumber(memory.toMebibytes()) },
    ...(gpus > 0 || Token.isUnresolved(gpus) ? [{ type: 'GPU', value: Tokenization.stringifyNumber(gpus) }] : []),
  ];
  const definition = new batch.CfnJobDefinition(scope, 'JobDefinition', {
    type: 'container',
    platformCapabilities: ['EC2'],
    propagateTags: true,
    // a study that runs while a new revision is deployed goes on with the one that it began with.
    resourceRetentionPolicy: { skipDeregisterOnUpdate: true },
    retryStrategy: { attempts, evaluateOnExit: ON_EXIT },
    containerProperties: {
      image: image.uri,
      command: ['python3', '-c', RUNS_EITHER_WAY, 'batch-job'],
      jobRoleArn: jobRole.roleArn,
      executionRoleArn: executionRole.roleArn,
      resourceRequirements: requirements,
      environment: Object.entries({ ...environment, [WORKER_URI]: worker.s3ObjectUrl }).map(([name, value]) => ({
        name,
        value,
      })),
      ...(sharedMemorySize && { linuxParameters: { sharedMemorySize: sharedMemorySize.toMebibytes() } }),
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': logGroup.logGroupName, 'awslogs-stream-prefix': 'trial' },
      },
    },
  });
  return definition.ref;
}

/** ARN of all revisions of a job definition of this stack, by that of one. */
export function allRevisionsOf(scope: Construct, jobDefinitionArn: string): string {
  const nameAndRevision = Fn.select(1, Fn.split('/', jobDefinitionArn));
  const name = Fn.select(0, Fn.split(':', nameAndRevision));
  return Stack.of(scope).formatArn({ service: 'batch', resource: 'job-definition', resourceName: `${name}:*` });
}

/** Pulls the image and writes the log. */
function createExecutionRole(scope: Construct, logGroup: logs.LogGroup): iam.Role {
  const stack = Stack.of(scope);
  const role = new iam.Role(scope, 'ExecutionRole', {
    description: 'Starts the containers of trials',
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  });
  logGroup.grantWrite(role);
  return role;
}
