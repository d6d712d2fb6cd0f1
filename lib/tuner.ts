import { ArnFormat, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { STEP_ENVIRONMENT } from './contract/environment';
import { acknowledgeWildcards } from './private/acknowledge-wildcards';
import { allowJobs } from './private/allow-jobs';
import { Goals, metricRegexesOf, toGoals } from './private/goals-definition';
import { choicesOf, toSearchSpace } from './private/search-space-definition';
import { subscribeToTrainingLogs } from './private/log-reports';
import { StepFunctions } from './private/step-function';
import { StudyStateMachine } from './private/study-state-machine';
import { StudyWorkflow } from './private/study-workflow';
import { requireManagedTuning } from './private/require-managed-tuning';
import { requireLimits, requireOutsideSpace, toSearchInputs, toTunerDefinition } from './private/tuner-definition';
import { allowLogs, createStudyTable, createTunerBucket } from './private/tuner-storage';
import { QuotaCheck } from './quota-check';
import { Scheduler } from './scheduler';
import { SearchAlgorithm } from './search-algorithm';
import { TunerProps } from './tuner-props';
import { TunerGrants } from './tuner-grants';

/** What a Lambda step may take, but for what the user's own search function adds. */
const STEP_TIMEOUT = Duration.minutes(1);

/** A Lambda function runs no longer: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html */
const MAX_FUNCTION_SECONDS = 15 * 60;

/** What may stop many training jobs, one a second, needs the time. */
const STOPPING_TIMEOUT = Duration.seconds(MAX_FUNCTION_SECONDS);

/**
 * Defines hyperparameter optimization as a state machine: each execution is a study, which trains one trial after another
 * in parallel slots and answers with the best one.
 *
 * Input of an execution, all optional: `{"study", "seed", "maxTrials", "maxParallelTrials", "maxDurationSeconds",
 * "maxTrialsWithoutImprovement", "targetValue", "maxSpendUsd"}`. A `study` that exists is resumed.
 *
 * Output: `{"study", "status", "reason", "objective", "best": {"trial", "value", "hyperparameters", "metrics",
 * "trainingJobName", "modelArtifact", "feasible", "unmetConstraints"}, "paretoFront": [{"trial", "values",
 * "hyperparameters"}], "importance": [{"parameter", "importance"}], "trials": {"total", "completed", "stoppedEarly",
 * "failed", "unfinished"}, "cost": {"instanceSeconds", "usd", ...}, "failures", "notes", "records": {"table", "study", "checkpoints"}}`.
 * `feasible` is there with outcome constraints, `paretoFront` with several objectives.
 *
 * Errors: `InvalidStudyInput`, `StudyInProgress`, `StudyChanged`, `QuotaTooSmall` (nothing was started); `StudyFailed` (no trial has a
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

  /** The function that workers call, where trials run in workers. */
  public readonly workerFunction?: lambda.Function;

  /** The role of the training jobs: allow it what the training code needs. */
  public readonly trainingRole: iam.IRole;

  /** What others may be allowed to do. */
  public readonly grants: TunerGrants;

  /** The training jobs, as the principal of grants: `data.grantRead(tuner)`. */
  public readonly grantPrincipal: iam.IPrincipal;

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
    const resourceParameter = scheduler._resourceParameter;
    requireOutsideSpace(resourceParameter, searchSpace);

    const { encryptionKey } = props;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const logRetention = props.logRetention ?? logs.RetentionDays.THREE_MONTHS;
    if (encryptionKey !== undefined) allowLogs(this, encryptionKey);
    this.studyTable = createStudyTable(this, { encryptionKey, removalPolicy });
    this.bucket = createTunerBucket(this, { ...props, removalPolicy });
    const functions = new StepFunctions(this, { ...props, table: this.studyTable, logRetention });
    const createStep = (name: string, step: string, description: string, memoryMb = 512, timeout = STEP_TIMEOUT) =>
      functions.create(name, { step, description, memoryMb, timeout });

    this.reportFunction = createStep('Report', 'report', 'Takes the reports of training jobs');
    this.allowReports(this.reportFunction);

    if (props.trialRunner._needsWorkers) {
      this.workerFunction = functions.create('Worker', {
        step: 'worker',
        description: 'Gives workers their trials and records them',
        memoryMb: 1769,
        timeout: this.nextTimeout(props),
      });
    }
    const metricRegexes = metricRegexesOf(goals);
    const runner = props.trialRunner.bind(new Construct(this, 'TrialRunner'), {
      objective: props.objective,
      metricRegexes,
      parameterNames: [...searchSpace.map(({ name }) => name), ...(resourceParameter ? [resourceParameter] : [])],
      parameterChoices: choicesOf(searchSpace),
      reportFunction: this.reportFunction,
      workerFunction: this.workerFunction,
      searchSpace,
      bucket: this.bucket,
      limitsResource: scheduler._limitsResource,
      needsReports: scheduler._needsReports,
    });
    this.trainingRole = runner.trainingRole;
    this.grantPrincipal = runner.trainingRole.grantPrincipal;

    const definition = toTunerDefinition(props, inputs, runner, metricRegexes);
    if (definition.compute.tuning !== undefined) requireManagedTuning(props, definition);
    const openStudy = createStep('OpenStudy', 'open-study', 'Opens studies', 512, STOPPING_TIMEOUT);
    const reviewRound = createStep('ReviewRound', 'review-round', 'Reviews rounds of studies', 512, STOPPING_TIMEOUT);
    const stopStudy = createStep(
      'StopStudy',
      'stop-study',
      'Ends the trials of stopped studies',
      512,
      STOPPING_TIMEOUT,
    );
    const searchAlgorithm = props.searchAlgorithm ?? SearchAlgorithm.auto();
    const nextTimeout = this.nextTimeout(props);
    const slotSteps = runner.runsRounds
      ? undefined
      : {
          nextTrial: createStep('NextTrial', 'next-trial', 'Gives slots their next trial', 1769, nextTimeout),
          recordTrial: createStep(
            'RecordTrial',
            'record-trial',
            'Records trials and gives slots the next',
            1769,
            nextTimeout,
          ),
        };
    const searchers = [
      ...(slotSteps ? Object.values(slotSteps) : []),
      ...(this.workerFunction ? [this.workerFunction] : []),
    ];
    searchAlgorithm._bind(searchers);
    scheduler._grantCheckpoints(runner.checkpointBucket, runner.checkpointPrefix, searchers);
    const steps = {
      openStudy,
      planRound: createStep('PlanRound', 'plan-round', 'Plans rounds of studies'),
      slotSteps,
      reviewRound,
      finishStudy: createStep('FinishStudy', 'finish-study', 'Finds the best trial of studies'),
    };
    const workflow = new StudyWorkflow(this, 'Workflow', steps, runner, definition);
    this.stateMachine = new StudyStateMachine(this, 'StateMachine', {
      definition: workflow.definition,
      role: props.stateMachineRole,
      encryptionKey,
      logRetention,
    });
    const jobUsers = [openStudy, reviewRound, stopStudy, ...searchers, this.reportFunction];
    if (runner.logReports !== undefined) {
      const reportLog = functions.create('ReportLog', {
        step: 'report-log',
        description: 'Takes the metrics that training jobs print',
        memoryMb: 512,
        timeout: STEP_TIMEOUT,
        environment: { [STEP_ENVIRONMENT.JOB_NAME_PREFIX]: runner.jobNamePrefix },
      });
      this.allowReports(reportLog);
      jobUsers.push(reportLog);
      subscribeToTrainingLogs(this, reportLog, runner.logReports.filter);
    }
    allowJobs(this, jobUsers, runner);
    this.allowPreflight(openStudy, runner.instances.quotaCheck);
    this.stopWithExecution(stopStudy);
    this.grants = new TunerGrants(this.stateMachine, this.studyTable, encryptionKey, runner.workerStatements);
    this.acknowledge(props);
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

  /**
   * Calls a target when a study has ended with a result, which the event holds as `detail.output`; with an `encryptionKey` AWS
   * leaves it out, and DescribeExecution has it.
   */
  public onStudySucceeded(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.onStatus(id, options, ['SUCCEEDED']);
  }

  /** Calls a target when a study has failed, timed out or was stopped. */
  public onStudyFailed(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.onStatus(id, options, ['FAILED', 'TIMED_OUT', 'ABORTED']);
  }

  private onStatus(id: string, options: events.OnEventOptions, status?: string[]): events.Rule {
    const rule = new events.Rule(options.crossStackScope ?? this, id, options);
    rule.addEventPattern(this.statusPattern(status));
    rule.addTarget(options.target);
    return rule;
  }

  /** What gives out trials may have to ask the user's own search, and to copy checkpoints. */
  private nextTimeout({ searchAlgorithm, scheduler }: TunerProps): Duration {
    const seconds =
      STEP_TIMEOUT.toSeconds() +
      (searchAlgorithm ?? SearchAlgorithm.auto())._waitSeconds +
      (scheduler ?? Scheduler.none())._copySeconds;
    return Duration.seconds(Math.min(seconds, MAX_FUNCTION_SECONDS));
  }

  /** Study and trial in one request: a report is on the training's critical path. */
  private allowReports(fn: lambda.Function): void {
    fn.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['dynamodb:BatchGetItem'], resources: [this.studyTable.tableArn] }),
    );
  }

  /** Open study looks whether the execution before it still runs, and at the account's quotas. */
  private allowPreflight(openStudy: lambda.Function, quotaCheck: QuotaCheck): void {
    const executions = Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${this.stateMachine.stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    new iam.Policy(this, 'PreflightPolicy', {
      roles: [openStudy.role!],
      statements: [
        new iam.PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] }),
        ...(quotaCheck === QuotaCheck.OFF
          ? []
          : [
              // lists have no resource-level permission.
              new iam.PolicyStatement({
                actions: ['servicequotas:ListServiceQuotas', 'servicequotas:ListAWSDefaultServiceQuotas'],
                resources: ['*'],
              }),
            ]),
      ],
    });
  }

  /** Step Functions stops the jobs of a stopped execution as well as it can; this finds the ones that it left. */
  private stopWithExecution(stopStudy: lambda.Function): void {
    const rule = new events.Rule(this, 'ExecutionStopped', {
      description: 'Ends the trials of a study whose execution has ended without finishing it',
      targets: [new targets.LambdaFunction(stopStudy)],
    });
    rule.addEventPattern(this.statusPattern(['FAILED', 'TIMED_OUT', 'ABORTED']));
  }

  private statusPattern(status?: string[]): events.EventPattern {
    return {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [this.stateMachine.stateMachineArn], ...(status && { status }) },
    };
  }

  private acknowledge({ serverAccessLogsBucket }: TunerProps): void {
    acknowledgeWildcards(this);
    if (serverAccessLogsBucket !== undefined) return;
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Checkpoints and models of training jobs; a bucket for access logs is given by serverAccessLogsBucket',
    });
  }
}
