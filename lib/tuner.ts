import { ArnFormat, Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { KnownResult } from './known-result';
import { Objective } from './objective';
import { OutcomeConstraint } from './outcome-constraint';
import { Parameter } from './parameter';
import { trainingJobArn } from './private/create-training-job-task';
import { Goals, metricRegexesOf, toGoals } from './private/goals-definition';
import { toSearchSpace } from './private/search-space-definition';
import { createStepFunction } from './private/step-function';
import { StudyWorkflow } from './private/study-workflow';
import { requireLimits, requireOutsideSpace, toSearchInputs, toTunerDefinition } from './private/tuner-definition';
import { Scheduler } from './scheduler';
import { SearchAlgorithm } from './search-algorithm';
import { TrialRunner } from './trial-runner';
import { TunerGrants } from './tuner-grants';

/** What a Lambda step may take, but for what the user's own search function adds. */
const STEP_TIMEOUT = Duration.minutes(1);

/** A Lambda function runs no longer: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html */
const MAX_FUNCTION_SECONDS = 15 * 60;

/** Properties of a tuner. */
export interface TunerProps {
  /** The hyperparameters that are searched, by name. */
  readonly searchSpace: { [name: string]: Parameter };

  /**
   * Conditions that every configuration must meet, as expressions over the parameters:
   * `num_layers * hidden_units <= 4096`, `optimizer != 'sgd' or momentum < 0.95`. Numbers, texts in quotes, `+ - * / %`,
   * comparisons, `and`, `or`, `not`, `in [...]`, and `abs`, `ceil`, `exp`, `floor`, `log`, `log2`, `log10`, `max`, `min`,
   * `pow`, `round`, `sqrt`. A condition says nothing of configurations in which one of its parameters isn't active.
   *
   * @default - every configuration of the search space is allowed
   */
  readonly parameterConstraints?: string[];

  /** The metric that is optimized. */
  readonly objective: Objective;

  /**
   * Further metrics that are optimized at the same time. The result then holds the trials that no other one beats in all of
   * them. What knows a single objective only, such as early stopping and `targetValue`, goes by the first one.
   *
   * @default - `objective` alone
   */
  readonly additionalObjectives?: Objective[];

  /**
   * Bounds on other metrics of a trial. The training program must report them, at least once.
   *
   * @default - none
   */
  readonly outcomeConstraints?: OutcomeConstraint[];

  /** Where and how a trial trains. */
  readonly trialRunner: TrialRunner;

  /**
   * What proposes configurations.
   *
   * @default SearchAlgorithm.auto()
   */
  readonly searchAlgorithm?: SearchAlgorithm;

  /**
   * What decides how long a trial trains.
   *
   * @default Scheduler.none()
   */
  readonly scheduler?: Scheduler;

  /**
   * Configurations that are tried first, such as the one in use today. Parameters that are left out are drawn at random.
   *
   * @default - none
   */
  readonly initialConfigurations?: { [name: string]: any }[];

  /**
   * Results that are known before the study begins, from an earlier one or from elsewhere. The search learns from them;
   * they are no trials. At most 1,000, and at most some 200 KB of text with the rest of the tuner.
   *
   * @default - none
   */
  readonly knownResults?: KnownResult[];

  /**
   * Trials of a study; failed ones count. 1 to 100,000. A study's input may give another number.
   *
   * @default 50
   */
  readonly maxTrials?: number;

  /**
   * Trials that train at the same time. 1 to 1,000. A study's input may give another number. The account's quota of
   * training instances must allow it.
   *
   * @default 4
   */
  readonly maxParallelTrials?: number;

  /**
   * When this time is over, no trial is started any more, and running ones stop at their next report. Up to a year. A
   * study's input may give another time.
   *
   * @default - no limit
   */
  readonly maxDuration?: Duration;

  /**
   * The study ends when this many trials in a row have brought no better value. A study's input may give another number.
   *
   * @default - no limit
   */
  readonly maxTrialsWithoutImprovement?: number;

  /**
   * What happens to the table of studies and the bucket of checkpoints and models when the tuner is removed.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long the logs of the Lambda steps and of the state machine are kept.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;
}

/**
 * Defines hyperparameter optimization as a state machine: each execution is a study, which trains one trial after another
 * in parallel slots and answers with the best one.
 *
 * Input of an execution, all optional: `{"study", "seed", "maxTrials", "maxParallelTrials", "maxDurationSeconds",
 * "maxTrialsWithoutImprovement", "targetValue"}`. A `study` that exists is resumed.
 *
 * Output: `{"study", "status", "reason", "objective", "best": {"trial", "value", "hyperparameters", "metrics",
 * "trainingJobName", "modelArtifact", "feasible", "unmetConstraints"}, "paretoFront": [{"trial", "values",
 * "hyperparameters"}], "importance": [{"parameter", "importance"}], "trials": {"total", "completed", "stoppedEarly",
 * "failed", "unfinished"}, "cost": {"instanceSeconds", "usd"}, "notes", "records": {"table", "study", "checkpoints"}}`.
 * `feasible` is there with outcome constraints, `paretoFront` with several objectives.
 *
 * Errors: `InvalidStudyInput`, `StudyInProgress`, `StudyChanged` (nothing was started); `StudyFailed` (no trial has a
 * result).
 */
export class Tuner extends Construct implements iam.IGrantable {
  /** The state machine: start an execution to run a study. */
  public readonly stateMachine: sfn.StateMachine;

  /** Studies, trials, attempts and reports. Partition key `study`, sort key `item`. */
  public readonly studyTable: dynamodb.Table;

  /** Checkpoints and models, unless the trial runner has buckets of its own. */
  public readonly bucket: s3.Bucket;

  /** The function that training code reports to. */
  public readonly reportFunction: lambda.Function;

  /** The role of the training jobs: allow it what the training code needs. */
  public readonly trainingRole: iam.IRole;

  /** What others may be allowed to do. */
  public readonly grants: TunerGrants;

  /** The training jobs, as the principal of grants: `data.grantRead(tuner)`. */
  public readonly grantPrincipal: iam.IPrincipal;

  private readonly logRetention: logs.RetentionDays;

  public constructor(scope: Construct, id: string, props: TunerProps) {
    super(scope, id);
    requireLimits(props);
    const searchSpace = toSearchSpace(props.searchSpace);
    const goals: Goals = {
      objective: props.objective,
      additionalObjectives: props.additionalObjectives ?? [],
      outcomeConstraints: props.outcomeConstraints ?? [],
    };
    const inputs = toSearchInputs(props, searchSpace, toGoals(goals));
    const scheduler = props.scheduler ?? Scheduler.none();
    requireOutsideSpace(scheduler._resourceParameter, searchSpace);

    this.logRetention = props.logRetention ?? logs.RetentionDays.THREE_MONTHS;
    this.studyTable = this.createTable(props.removalPolicy ?? RemovalPolicy.RETAIN);
    this.bucket = this.createBucket(props.removalPolicy ?? RemovalPolicy.RETAIN);
    this.reportFunction = this.createStep('Report', 'report', 'Takes the reports of training jobs', 512);
    // study and trial in one request: a report is on the training's critical path.
    this.reportFunction.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['dynamodb:BatchGetItem'], resources: [this.studyTable.tableArn] }),
    );

    const runner = props.trialRunner.bind(new Construct(this, 'TrialRunner'), {
      objective: props.objective,
      metricRegexes: metricRegexesOf(goals),
      parameterNames: searchSpace.map(({ name }) => name),
      reportFunction: this.reportFunction,
      bucket: this.bucket,
      limitsResource: scheduler._limitsResource,
    });
    this.trainingRole = runner.trainingRole;
    this.grantPrincipal = runner.trainingRole.grantPrincipal;

    const definition = toTunerDefinition(props, inputs, runner);
    const openStudy = this.createStep('OpenStudy', 'open-study', 'Opens studies', 512);
    const reviewRound = this.createStep('ReviewRound', 'review-round', 'Reviews rounds of studies', 512);
    const searchAlgorithm = props.searchAlgorithm ?? SearchAlgorithm.auto();
    const nextSeconds = STEP_TIMEOUT.toSeconds() + searchAlgorithm._waitSeconds + scheduler._copySeconds;
    const nextTimeout = Duration.seconds(Math.min(nextSeconds, MAX_FUNCTION_SECONDS));
    const nextTrial = this.createStep('NextTrial', 'next-trial', 'Gives slots their next trial', 1769, nextTimeout);
    const recordTrial = this.createStep(
      'RecordTrial',
      'record-trial',
      'Records trials and gives slots the next',
      1769,
      nextTimeout,
    );
    searchAlgorithm._bind([nextTrial, recordTrial]);
    scheduler._grantCheckpoints(runner.checkpointBucket, runner.checkpointPrefix, [nextTrial, recordTrial]);
    const steps = {
      openStudy,
      planRound: this.createStep('PlanRound', 'plan-round', 'Plans rounds of studies', 512),
      nextTrial,
      recordTrial,
      reviewRound,
      finishStudy: this.createStep('FinishStudy', 'finish-study', 'Finds the best trial of studies', 512),
    };
    const workflow = new StudyWorkflow(this, 'Workflow', steps, runner.trainState, definition);
    this.stateMachine = this.createStateMachine(workflow.definition);
    this.allowSettling([openStudy, reviewRound], runner.jobNamePrefix);
    this.grants = new TunerGrants(this.stateMachine, this.studyTable);
  }

  /** A metric of the state machine, in the namespace `AWS/States`. */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metric(metricName, options);
  }

  /** Studies that were started. */
  public metricStudiesStarted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricStarted(options);
  }

  /** Studies that ended with a result. */
  public metricStudiesSucceeded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricSucceeded(options);
  }

  /** Studies that ended without a result. */
  public metricStudiesFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricFailed(options);
  }

  /** How long studies took, in milliseconds. */
  public metricStudyTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricTime(options);
  }

  /** Calls a target when a study starts or ends, in any way. */
  public onStudyStatusChange(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.onStatus(id, options);
  }

  /** Calls a target when a study has ended with a result, which the event holds as `detail.output`. */
  public onStudySucceeded(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.onStatus(id, options, ['SUCCEEDED']);
  }

  /** Calls a target when a study has failed, timed out or was stopped. */
  public onStudyFailed(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.onStatus(id, options, ['FAILED', 'TIMED_OUT', 'ABORTED']);
  }

  private onStatus(id: string, options: events.OnEventOptions, status?: string[]): events.Rule {
    const rule = new events.Rule(options.crossStackScope ?? this, id, options);
    rule.addEventPattern({
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [this.stateMachine.stateMachineArn], ...(status && { status }) },
    });
    rule.addTarget(options.target);
    return rule;
  }

  private createTable(removalPolicy: RemovalPolicy): dynamodb.Table {
    return new dynamodb.Table(this, 'StudyTable', {
      partitionKey: { name: 'study', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'item', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy,
    });
  }

  private createBucket(removalPolicy: RemovalPolicy): s3.Bucket {
    return new s3.Bucket(this, 'Bucket', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
      removalPolicy,
    });
  }

  private createStep(
    id: string,
    step: string,
    description: string,
    memoryMb: number,
    timeout = STEP_TIMEOUT,
  ): lambda.Function {
    return createStepFunction(this, id, {
      step,
      description,
      memoryMb,
      table: this.studyTable,
      timeout,
      logRetention: this.logRetention,
    });
  }

  private createStateMachine(definition: sfn.IChainable): sfn.StateMachine {
    return new sfn.StateMachine(this, 'StateMachine', {
      definitionBody: sfn.DefinitionBody.fromChainable(definition),
      queryLanguage: sfn.QueryLanguage.JSONATA,
      comment: 'Hyperparameter optimization by cdk-hpo: each execution is a study',
      tracingEnabled: true,
      logs: {
        level: sfn.LogLevel.ALL,
        destination: new logs.LogGroup(this, 'LogGroup', {
          // log groups with this prefix don't use up the account's resource policy for log delivery.
          logGroupName: `/aws/vendedlogs/states/${Names.uniqueResourceName(this, { maxLength: 128, separator: '-' })}`,
          retention: this.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
  }

  /**
   * Open study and Review round look at training jobs and executions that were left behind. The policy stands by itself:
   * as part of the functions' roles it would make a cycle, since the state machine needs the functions.
   */
  private allowSettling(functions: lambda.Function[], jobNamePrefix: string): void {
    const jobs = trainingJobArn(this, jobNamePrefix);
    new iam.Policy(this, 'SettlePolicy', {
      roles: functions.map((fn) => fn.role!),
      statements: [
        // has no resource-level permission.
        new iam.PolicyStatement({ actions: ['sagemaker:ListTrainingJobs'], resources: ['*'] }),
        new iam.PolicyStatement({
          actions: ['sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob'],
          resources: [jobs],
        }),
        new iam.PolicyStatement({
          actions: ['states:DescribeExecution'],
          resources: [
            Stack.of(this).formatArn({
              service: 'states',
              resource: 'execution',
              resourceName: `${this.stateMachine.stateMachineName}:*`,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          ],
        }),
      ],
    });
  }
}
