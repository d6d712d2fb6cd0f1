import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { WORKER_ENVIRONMENT } from '../contract/environment';
import { MAX_RUNTIME_SECONDS } from '../contract/limits';
import { BATCH_PRICE_KEY } from '../contract/prices';
import { SearchSpaceDefinition } from '../contract/search-space';
import { BatchDefinition } from '../contract/tuner-definition';
import { AttemptTexts, attemptEnvironment } from '../private/batch-attempt';
import { createBatchEnvironment } from '../private/batch-environment';
import { allRevisionsOf, createBatchJobDefinition } from '../private/batch-job-definition';
import { checkOverrides } from '../private/batch-overrides';
import { requireInteger, requireMatch, requireNumber, requireSeconds } from '../private/checks';
import { grantKey, grantReadPrefix, grantSyncPrefix, grantWritePrefix } from '../private/s3-access';
import { SubmitJobTask } from '../private/submit-job-task';
import { TrainRetries } from '../private/train-retries';
import { ATTEMPT_JOB_NAME, DEFAULT_MAX_RUNTIME } from '../private/training-job-request';
import { TrainingGrantee } from '../private/training-role';
import { requireHyperparameterNames } from '../private/trial-checks';
import { requireTrialProps } from '../private/validate-sagemaker-training';
import { bindTrialProgram, checkpointEnvironment, sharedEnvironment, uploadWorker } from '../private/worker-program';
import { QuotaCheck } from '../quota-check';
// types only: the file imports this one.
import type { TrialInstances, TrialRunnerBindOptions, TrialRunnerConfig } from '../trial-runner';
import { BatchTrainingProps } from './batch-training-props';

/**
 * Of an ended job: its name, and for how long its attempts ran, which Batch starts anew when their host is lost. No `$round`: the
 * workflow has a variable of that name.
 */
const OUTCOME =
  "{% { 'jobName': $states.result.JobName & ':' & $states.result.JobId, 'status': 'Completed', 'secondaryStatus': 'Completed', " +
  "'billableSeconds': $ceil($sum($states.result.Attempts.(StoppedAt - StartedAt)) / 1000), " +
  "'modelArtifact': $next.outputUri & 'model.tar.gz' } %}";

/** What each attempt has of its own. */
const ATTEMPT: AttemptTexts = {
  study: '{% $study %}',
  trial: '{% $string($next.trial) %}',
  attempt: '{% $string($next.attempt) %}',
  token: '{% $next.token %}',
  answer: "{% $string($sift($next, function($value, $name) { $name != 'token' })) %}",
  maxResource: '{% $string($next.maxResource) %}',
};

/** `TrialRunner.batch`: each attempt is a job of AWS Batch. */
export class BatchTraining {
  constructor(private readonly props: BatchTrainingProps) {
    const { program, command, jobQueue, vpc, vcpus, memory, volumeSize } = props;
    requireTrialProps(props);
    if ((program === undefined) === (command === undefined)) {
      throw new Error('program or command must be given, and not both: it is what the job runs for a trial');
    }
    if ((jobQueue === undefined) === (vpc === undefined)) {
      throw new Error('vpc or jobQueue must be given, and not both: a queue of its own needs a VPC for its instances');
    }
    for (const name of ['vpcSubnets', 'securityGroups', 'instanceTypes', 'spot', 'maxVcpus', 'volumeSize'] as const) {
      if (jobQueue !== undefined && props[name] !== undefined) {
        throw new Error(`${name} must not be given together with jobQueue, which has its own; remove one of the two`);
      }
    }
    for (const name of ['vcpus', 'memory', 'gpus', 'sharedMemorySize', 'attempts'] as const) {
      if (props.jobDefinition !== undefined && props[name] !== undefined) {
        throw new Error(
          `${name} must not be given together with jobDefinition, which has its own; remove one of the two`,
        );
      }
    }
    const reserved = Object.keys(props.environment ?? {}).find((name) => name.startsWith('AWS_BATCH'));
    if (reserved !== undefined) {
      throw new Error(`name of environment must not start with AWS_BATCH, which is AWS's own, got ${reserved}`);
    }
    requireInteger('vcpus', vcpus, 1, 192);
    requireInteger('gpus', props.gpus, 0, 16);
    requireInteger('maxVcpus', props.maxVcpus, 1, 100_000);
    requireInteger('attempts', props.attempts, 1, 10);
    requireSeconds('maxRuntime', props.maxRuntime, 60, MAX_RUNTIME_SECONDS);
    requireSeconds('checkpointInterval', props.checkpointInterval, 1, 3600);
    if (memory === undefined && Token.isUnresolved(vcpus)) {
      throw new Error('memory must be given where vcpus is known at deployment only');
    }
    if (volumeSize !== undefined && !volumeSize.isUnresolved()) {
      requireInteger('volumeSize in gibibytes', volumeSize.toGibibytes(), 30, 16_384);
    }
    if (memory !== undefined && !memory.isUnresolved())
      requireInteger('memory in MiB', memory.toMebibytes(), 4, 24_000_000);
    requireNumber('pricePerTrialHour', props.pricePerTrialHour, 'a number of at least 0', (n) => n >= 0);
    const types = props.instanceTypes ?? [];
    for (const type of types) {
      requireMatch(
        'instanceTypes',
        type,
        /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)?$/,
        'types or families of EC2 such as g5.xlarge or c6i',
      );
    }
    if ((props.gpus ?? 0) > 0 && jobQueue === undefined && (types.length === 0 || types.includes('optimal'))) {
      throw new Error(
        'instanceTypes must name types with GPUs where gpus is given, such as g5.xlarge: optimal has none',
      );
    }
  }

  public bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig {
    const { props } = this;
    requireHyperparameterNames(props.hyperparameters, options);
    const jobRole: iam.IRole = props.role ?? createJobRole(scope);
    const grantee = new TrainingGrantee(jobRole);
    const jobNamePrefix = `hpo-${scope.node.addr.slice(0, 8)}`;
    const checkpointBucket = props.checkpointBucket ?? options.bucket;
    const checkpointPrefix = props.checkpointPrefix ?? 'checkpoints';
    const outputBucket = props.outputBucket ?? options.bucket;
    const outputPrefix = props.outputPrefix ?? 'output';

    options.reportFunction.grantInvoke(grantee);
    grantSyncPrefix(checkpointBucket, `${checkpointPrefix}/`, grantee);
    grantKey(checkpointBucket.encryptionKey, grantee);
    grantWritePrefix(outputBucket, `${outputPrefix}/`, grantee);
    grantKey(outputBucket.encryptionKey, grantee);
    const program = bindTrialProgram(scope, props, grantee);
    const worker = uploadWorker(scope, grantee);
    const { region } = Stack.of(scope);
    const job = {
      command: program.entrypoint,
      channels: { ...program.channels, ...this.channels(grantee) },
      hyperparameters: props.hyperparameters ?? {},
    };
    const environment = {
      // Batch says nothing of its region to containers.
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      ...sharedEnvironment(props.environment, program, options),
      ...checkpointEnvironment(props.checkpointInterval),
      [WORKER_ENVIRONMENT.JOB]: Stack.of(scope).toJsonString(job),
    };
    const jobQueueArn = props.jobQueue?.jobQueueArn ?? createBatchEnvironment(scope, props);
    const given = props.jobDefinition?.jobDefinitionArn;
    const jobDefinitionArn = given ?? createBatchJobDefinition(scope, { props, jobRole, environment, worker });
    if (props.jobDefinition !== undefined) this.warnOfDefinition(scope, grantee);
    // a job definition that exists knows nothing of the study: all comes with each job.
    const isOwnDefinition = props.jobDefinition === undefined;
    checkOverrides(scope, {
      shared: isOwnDefinition ? {} : { ...environment, [WORKER_ENVIRONMENT.JOB]: JSON.stringify(job) },
      searchSpace: options.searchSpace as SearchSpaceDefinition,
      parameterNames: options.parameterNames,
      limitsResource: options.limitsResource,
      jobNamePrefix,
      checkpointRoot: checkpointBucket.s3UrlForObject(checkpointPrefix),
      outputRoot: outputBucket.s3UrlForObject(outputPrefix),
    });
    const trainState = new SubmitJobTask(scope, 'Train', {
      comment: 'Runs one attempt of a trial as a job of AWS Batch and waits for its end',
      request: {
        JobName: ATTEMPT_JOB_NAME,
        JobQueue: jobQueueArn,
        JobDefinition: jobDefinitionArn,
        ContainerOverrides: {
          Environment: Object.entries({
            ...(isOwnDefinition ? {} : environment),
            ...attemptEnvironment(ATTEMPT, options.limitsResource),
          }).map(([Name, Value]) => ({ Name, Value })),
        },
        Timeout: { AttemptDurationSeconds: '{% $max([$next.maxRuntimeSeconds, 60]) %}' },
        Tags: { ...props.tags, 'cdk-hpo:study': '{% $study %}', 'cdk-hpo:trial': '{% $string($next.trial) %}' },
        PropagateTags: true,
      },
      jobQueueArn,
      submittableDefinitionArn: given ?? allRevisionsOf(scope, jobDefinitionArn),
      assign: { outcome: OUTCOME, retries: TrainRetries.COUNT },
    });
    grantee.warnOfMissing(scope);
    const definition: BatchDefinition = {
      attempts: props.attempts ?? 3,
      outputRoot: outputBucket.s3UrlForObject(outputPrefix),
    };
    return {
      trainState,
      trainingRole: jobRole,
      jobNamePrefix,
      instances: this.instances(),
      checkpointBucket,
      checkpointPrefix,
      computeDetails: { batch: definition },
      jobQueueArn,
    };
  }

  private channels(grantee: iam.IGrantable): { [name: string]: string } {
    const uris = Object.entries(this.props.channels ?? {}).map(([name, { bucket, prefix = '' }]) => {
      grantReadPrefix(bucket, prefix, grantee);
      bucket.encryptionKey?.grantDecrypt(grantee);
      return [name, bucket.s3UrlForObject(prefix)];
    });
    return Object.fromEntries(uris);
  }

  private warnOfDefinition(scope: Construct, grantee: TrainingGrantee): void {
    const needed = Stack.of(scope).resolve(grantee.statements.map((statement) => statement.toStatementJson()));
    Annotations.of(scope).addWarningV2(
      'cdk-hpo:jobDefinition',
      'the job definition has a role of its own; make sure that it is allowed ' +
        `${JSON.stringify(needed)}, and that its command runs python -m cdk_hpo_worker batch-job (docs/batch.md)`,
    );
  }

  private instances(): TrialInstances {
    const { pricePerTrialHour, spot, maxRuntime } = this.props;
    return {
      // a job says what it needs, and Batch takes an instance that has it.
      instanceTypes: [BATCH_PRICE_KEY],
      instanceCount: 1,
      prices: pricePerTrialHour === undefined ? [] : [{ instanceType: BATCH_PRICE_KEY, usdPerHour: pricePerTrialHour }],
      spot: spot ?? false,
      maxRuntime: maxRuntime ?? DEFAULT_MAX_RUNTIME,
      quotaCheck: QuotaCheck.OFF,
    };
  }
}

function createJobRole(scope: Construct): iam.Role {
  const stack = Stack.of(scope);
  return new iam.Role(scope, 'TrainingRole', {
    description: 'Trials of a tuner, as jobs of AWS Batch',
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
      // against the confused deputy: only for tasks of this account and region.
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'ecs', resource: '*' }) },
      },
    }),
  });
}
