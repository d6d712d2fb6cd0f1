import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { TunerDefinition } from '../contract/tuner-definition';
import { TrainRetries } from './train-retries';

/** The Lambda steps of the workflow. */
export interface WorkflowSteps {
  readonly openStudy: lambda.IFunction;
  readonly planRound: lambda.IFunction;
  /** Those of slots that are the state machine's own. */
  readonly slotSteps?: { readonly nextTrial: lambda.IFunction; readonly recordTrial: lambda.IFunction };
  readonly reviewRound: lambda.IFunction;
  readonly finishStudy: lambda.IFunction;
}

/** Time of a call: the state's own, so that a retry says the same. */
const AT = '{% $states.context.State.EnteredTime %}';

/** How often the execution has been redriven. */
const REDRIVES = '{% $exists($states.context.Execution.RedriveCount) ? $states.context.Execution.RedriveCount : 0 %}';

/** What is known of a task that failed; the name of its job, where the context tells it. */
function failedOutcome(name: string): string {
  return (
    "{% { 'error': $states.errorOutput.Error, 'cause': $states.errorOutput.Cause, " +
    "'jobName': $exists($states.context.State.RetryCount) and $exists($states.context.Execution.RedriveCount) ? " +
    `${name} & '-' & $string($states.context.State.RetryCount) & '-' & $string($states.context.Execution.RedriveCount) } %}`
  );
}

/** The states of the trial runner. */
export interface RunnerStates {
  /** Runs one attempt, or with `runsRounds` all trials of a round. */
  readonly trainState: sfn.TaskStateBase;
  readonly runsRounds?: boolean;
  /** With `runsRounds`, where there are results of earlier jobs. */
  readonly resumeState?: sfn.TaskStateBase;
}

/**
 * The workflow of a study. Rounds of slots, or of one job that runs the trials of the whole round. Slots: each slot is a child execution that runs one trial after another, so a slow
 * trial holds up no other slot.
 *
 * Every state is made by its `jsonata` factory: states inside a Map don't inherit the machine's query language.
 */
export class StudyWorkflow extends Construct {
  public readonly definition: sfn.IChainable;

  constructor(
    scope: Construct,
    id: string,
    private readonly steps: WorkflowSteps,
    private readonly runner: RunnerStates,
    tuner: TunerDefinition,
  ) {
    super(scope, id);
    const openStudy = this.openStudy(tuner);
    const planRound = this.planRound();
    const reviewRound = this.reviewRound();

    this.definition = openStudy
      .next(planRound)
      .next(runner.runsRounds ? this.runJob(reviewRound) : this.runSlots(reviewRound))
      .next(reviewRound)
      .next(this.studyComplete(planRound));
  }

  private studyComplete(planRound: sfn.State): sfn.Choice {
    const choice = sfn.Choice.jsonata(this, 'Study complete?').when(
      sfn.Condition.jsonata('{% $complete %}'),
      this.finishStudy(),
    );
    if (this.runner.runsRounds) {
      const waitForRoom = sfn.Wait.jsonata(this, 'Wait for room', {
        comment: "By quota or capacity there was no room for the round's job",
        time: sfn.WaitTime.timestamp('{% $until %}'),
      });
      choice.when(sfn.Condition.jsonata('{% $until != null %}'), waitForRoom.next(planRound));
    }
    return choice.otherwise(planRound);
  }

  /** One job runs all trials of the round. Its failure is a fact of the round, never of the study. */
  private runJob(reviewRound: sfn.IChainable): sfn.IChainable {
    const { trainState, resumeState } = this.runner;
    const choice = sfn.Choice.jsonata(this, 'Anything to run?');
    for (const state of [trainState, ...(resumeState ? [resumeState] : [])]) {
      state.addCatch(reviewRound, { errors: [sfn.Errors.ALL], assign: { outcome: failedOutcome('$job.name') } });
    }
    if (resumeState !== undefined) {
      choice.when(sfn.Condition.jsonata('{% $job != null and $count($job.parents) > 0 %}'), resumeState);
    }
    choice.when(sfn.Condition.jsonata('{% $job != null %}'), trainState);
    return choice.afterwards({ includeOtherwise: true });
  }

  private openStudy(tuner: TunerDefinition): tasks.LambdaInvoke {
    return this.invoke('Open study', this.steps.openStudy, {
      comment: 'Checks the input and creates or resumes the study',
      payload: {
        input: '{% $states.input %}',
        tuner,
        execution: '{% $states.context.Execution.Id %}',
        executionName: '{% $states.context.Execution.Name %}',
        at: AT,
      },
      assign: {
        study: '{% $states.result.Payload.study %}',
        run: '{% $states.result.Payload.run %}',
        round: '{% $states.result.Payload.round %}',
      },
    });
  }

  private planRound(): tasks.LambdaInvoke {
    return this.invoke('Plan round', this.steps.planRound, {
      comment: 'Decides which slots run',
      payload: {
        study: '{% $study %}',
        run: '{% $run %}',
        round: '{% $round + 1 %}',
        ...(this.runner.runsRounds && { redrives: REDRIVES }),
        at: AT,
      },
      assign: {
        round: '{% $states.result.Payload.round %}',
        ...(this.runner.runsRounds && { job: '{% $states.result.Payload.job %}', outcome: {} }),
      },
      outputs: this.runner.runsRounds ? {} : { slots: '{% $states.result.Payload.slots %}' },
    });
  }

  /** A child's failure never fails the Map: what it left behind is settled by Review round. */
  private runSlots(reviewRound: sfn.IChainable): sfn.DistributedMap {
    const runSlots = sfn.DistributedMap.jsonata(this, 'Run slots', {
      comment: 'Each slot runs trials one after another',
      label: 'Slots',
      mapExecutionType: sfn.StateMachineType.STANDARD,
      items: sfn.ProvideItems.jsonata('{% $states.input.slots %}'),
      itemSelector: {
        study: '{% $study %}',
        run: '{% $run %}',
        round: '{% $round %}',
        slot: '{% $states.context.Map.Item.Value %}',
      },
      toleratedFailurePercentage: 100,
      outputs: {},
    });
    // a Map that fails as a whole has left its trials behind; Review round settles them like those of a lost slot.
    runSlots.addCatch(reviewRound, { errors: [sfn.Errors.ALL] });
    return runSlots.itemProcessor(this.slot());
  }

  private slot(): sfn.IChainable {
    const steps = this.steps.slotSteps!;
    const nextTrial = this.invoke('Next trial', steps.nextTrial, {
      comment: 'What this slot does first: a new configuration, a resumed trial, or nothing',
      payload: {
        study: '{% $states.input.study %}',
        run: '{% $states.input.run %}',
        round: '{% $states.input.round %}',
        slot: '{% $states.input.slot %}',
        turn: 0,
        redrives: REDRIVES,
        at: AT,
      },
      assign: {
        study: '{% $states.input.study %}',
        run: '{% $states.input.run %}',
        round: '{% $states.input.round %}',
        slot: '{% $states.input.slot %}',
        retries: 0,
        next: '{% $states.result.Payload %}',
      },
    });
    const turn = {
      study: '{% $study %}',
      run: '{% $run %}',
      round: '{% $round %}',
      slot: '{% $slot %}',
      turn: '{% $next.turn + 1 %}',
      retries: '{% $retries %}',
      redrives: REDRIVES,
      at: AT,
    };
    const recordTrial = this.invoke('Record trial', steps.recordTrial, {
      comment: 'Stores how the attempt ended, and asks what this slot does next',
      payload: {
        ...turn,
        trial: '{% $next.trial %}',
        attempt: '{% $next.attempt %}',
        outcome: '{% $outcome %}',
      },
      assign: { next: '{% $states.result.Payload %}' },
    });
    const waitForRoom = sfn.Wait.jsonata(this, 'Wait for room', {
      comment: 'By quota or capacity there is no room for another training job',
      time: sfn.WaitTime.timestamp('{% $next.until %}'),
    });
    const askAgain = this.invoke('Ask again', steps.nextTrial, {
      comment: 'Whether there may be room now, and what this slot does then',
      payload: turn,
      assign: { next: '{% $states.result.Payload %}' },
    });
    const pace = sfn.Wait.jsonata(this, 'Pace', {
      comment: 'CreateTrainingJob is limited to one call a second in an account and region',
      time: sfn.WaitTime.timestamp('{% $next.startAt %}'),
    });
    // every failure is a fact of the trial, never of the slot.
    this.runner.trainState.addCatch(recordTrial, {
      errors: [sfn.Errors.ALL],
      assign: { outcome: failedOutcome('$next.jobName'), retries: TrainRetries.COUNT },
    });
    const lost = sfn.Pass.jsonata(this, 'Slot lost', {
      comment: 'A Lambda step failed for good; Review round settles the trial',
      outputs: "{% { 'error': $states.input.Error, 'cause': $substring($states.input.Cause, 0, 200) } %}",
    });
    for (const state of [nextTrial, recordTrial, askAgain]) {
      state.addRetry({
        // the user's own search function: what may pass by itself. What it proposes is never asked for again, if it is wrong.
        errors: ['SearchFunctionFailed'],
        interval: Duration.seconds(2),
        backoffRate: 2,
        maxDelay: Duration.seconds(30),
        maxAttempts: 4,
        jitterStrategy: sfn.JitterType.FULL,
      });
      state.addCatch(lost, { errors: [sfn.Errors.ALL] });
    }

    const trialToRun = sfn.Choice.jsonata(this, 'Trial to run?');
    trialToRun
      .when(
        sfn.Condition.jsonata("{% $next.action = 'train' %}"),
        pace.next(this.runner.trainState).next(recordTrial).next(trialToRun),
      )
      .when(sfn.Condition.jsonata("{% $next.action = 'wait' %}"), waitForRoom.next(askAgain).next(trialToRun))
      .otherwise(sfn.Succeed.jsonata(this, 'Slot done', { outputs: { reason: '{% $next.reason %}' } }));
    return nextTrial.next(trialToRun);
  }

  private reviewRound(): tasks.LambdaInvoke {
    return this.invoke('Review round', this.steps.reviewRound, {
      comment: 'Settles trials that lost their slot and decides whether the study goes on',
      payload: {
        study: '{% $study %}',
        run: '{% $run %}',
        round: '{% $round %}',
        ...(this.runner.runsRounds && { redrives: REDRIVES, outcome: '{% $outcome %}' }),
        at: AT,
      },
      assign: {
        complete: '{% $states.result.Payload.complete %}',
        ...(this.runner.runsRounds && { until: '{% $states.result.Payload.until %}' }),
      },
    });
  }

  private finishStudy(): sfn.IChainable {
    const finishStudy = this.invoke('Finish study', this.steps.finishStudy, {
      comment: 'Finds the best trial; its answer is the output of the execution',
      payload: { study: '{% $study %}', run: '{% $run %}', at: AT },
      outputs: '{% $states.result.Payload %}',
    });
    return finishStudy.next(
      sfn.Choice.jsonata(this, 'Any result?')
        .when(
          sfn.Condition.jsonata("{% $states.input.status = 'SUCCEEDED' %}"),
          sfn.Succeed.jsonata(this, 'Study succeeded'),
        )
        .otherwise(
          sfn.Fail.jsonata(this, 'Study failed', {
            error: 'StudyFailed',
            cause: "{% 'no trial has a result: ' & $states.input.reason %}",
          }),
        ),
    );
  }

  private invoke(
    id: string,
    fn: lambda.IFunction,
    options: {
      comment: string;
      payload: { [key: string]: any };
      assign?: { [name: string]: any };
      outputs?: any;
    },
  ): tasks.LambdaInvoke {
    const { payload, ...rest } = options;
    const state = tasks.LambdaInvoke.jsonata(this, id, {
      ...rest,
      lambdaFunction: fn,
      payload: sfn.TaskInput.fromObject(payload),
      // our own list below says why for each.
      retryOnServiceExceptions: false,
    });
    state.addRetry({
      errors: [
        // the service itself.
        'Lambda.ClientExecutionTimeoutException',
        'Lambda.ServiceException',
        'Lambda.AWSLambdaException',
        'Lambda.SdkClientException',
        // many slots start at once, or the account's concurrency is used up for a while.
        'Lambda.TooManyRequestsException',
        // a sandbox that crashed or ran out of time: all steps may be called again.
        'Lambda.Unknown',
        'Runtime.ExitError',
        'Sandbox.Timedout',
        // other slots kept changing the same item.
        'TooMuchContention',
        // the database or SageMaker, after the client's own retries.
        'ThrottlingException',
        'ProvisionedThroughputExceededException',
        'RequestLimitExceeded',
        'InternalServerError',
        'ServiceUnavailable',
        'TimeoutError',
      ],
      interval: Duration.seconds(1),
      backoffRate: 2,
      maxDelay: Duration.seconds(60),
      maxAttempts: 8,
      jitterStrategy: sfn.JitterType.FULL,
    });
    return state;
  }
}
