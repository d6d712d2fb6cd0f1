import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { PARAMETER_NAME_PATTERN } from './contract/limits';
import {
  DEFAULT_BRACKETS,
  DEFAULT_MINIMUM_IMPROVEMENT,
  DEFAULT_MINIMUM_TRIALS,
  DEFAULT_MODEL_REDUCTION_FACTOR,
  DEFAULT_POPULATION,
  DEFAULT_REDUCTION_FACTOR,
} from './contract/scheduler-defaults';
import { RungsDefinition, SchedulerDefinition } from './contract/tuner-definition';
import { requireInteger, requireMatch, requireNumber } from './private/checks';
import { grantCopyWithinPrefix, grantKey, grantListPrefix } from './private/s3-access';

/** Some 50 GB are copied in it; a step that is cut off goes on when it is tried again. */
const COPY_SECONDS = 10 * 60;

/** Details of the median stopping rule. */
export interface MedianStoppingOptions {
  /**
   * No trial is stopped before it has reported at this resource (epoch, step); greater than 0.
   *
   * @default 1
   */
  readonly gracePeriod?: number;

  /**
   * No trial is stopped before this many others have reported at the same resource; at least 1.
   *
   * @default 5
   */
  readonly minimumTrials?: number;
}

/** Details of patience. */
export interface PatienceOptions {
  /** A trial ends when it hasn't improved for so much of the resource (epochs, steps); greater than 0. */
  readonly patience: number;

  /**
   * What counts as an improvement: more than this, in units of the metric; at least 0.
   *
   * @default 0
   */
  readonly minimumImprovement?: number;

  /**
   * No trial is stopped before it has reported at this resource; greater than 0.
   *
   * @default - `patience`
   */
  readonly gracePeriod?: number;
}

/** What schedulers with rungs need to know: at which resources (epochs, steps) trials are compared. */
export interface RungOptions {
  /** What a trial trains for at most, such as its number of epochs; greater than 0. */
  readonly maxResource: number;

  /**
   * The first rung, at which trials are compared for the first time; greater than 0, at most `maxResource`.
   *
   * @default 1
   */
  readonly minResource?: number;

  /**
   * Each rung lies at so many times the one before, and one of so many trials gets there; greater than 1.
   *
   * @default 3
   */
  readonly reductionFactor?: number;

  /**
   * A hyperparameter that tells the training program what to train up to, such as `epochs` or `num_round`, for programs that
   * don't read the environment variable `CDK_HPO_MAX_RESOURCE`. It must not be part of the search space.
   *
   * @default - only the environment variable tells it
   */
  readonly resourceParameter?: string;
}

/** What ASHA does with a trial at a rung. */
export enum AshaMode {
  /** A trial trains on until a rung ends it: no checkpoint is needed, and nothing is ever started twice. */
  STOP = 'stop',
  /** Every trial pauses at each rung, and the best go on from their checkpoint: no trial trains that nobody wants. */
  PROMOTE = 'promote',
}

/** Details of asynchronous successive halving. */
export interface AshaOptions extends RungOptions {
  /**
   * What happens to a trial at a rung.
   *
   * @default AshaMode.STOP
   */
  readonly mode?: AshaMode;

  /**
   * Bracket b leaves out the first b rungs, for curves that cross early: with more than one, this is asynchronous Hyperband.
   *
   * @default 1
   */
  readonly brackets?: number;
}

/** Details of population based training. */
export interface PopulationBasedOptions {
  /** What a trial trains for at most, such as its number of epochs; greater than 0. */
  readonly maxResource: number;

  /** Trials pause whenever they have trained for so much more; greater than 0, at most half of `maxResource`. */
  readonly interval: number;

  /**
   * Trials that are alive at a time; at least 2.
   *
   * @default 10
   */
  readonly populationSize?: number;

  /**
   * The worst trials, this share of the population, are replaced by copies of the best; above 0, at most 0.5.
   *
   * @default 0.25
   */
  readonly quantile?: number;

  /**
   * A copy's numeric hyperparameters move by this share of their range, up or down; above 0, at most 1.
   *
   * @default 0.2
   */
  readonly perturbation?: number;

  /**
   * Probability that a copy's hyperparameter is drawn anew instead; from 0 to 1.
   *
   * @default 0.25
   */
  readonly resampleProbability?: number;

  /**
   * A hyperparameter that tells the training program what to train up to, see `RungOptions`.
   *
   * @default - only the environment variable `CDK_HPO_MAX_RESOURCE` tells it
   */
  readonly resourceParameter?: string;
}

/**
 * What decides how long a trial trains. It looks at the reports that trials make on their way.
 *
 * Schedulers with a `maxResource` tell each training job what to train up to, in the environment variable
 * `CDK_HPO_MAX_RESOURCE`; those that pause trials need the training code to keep checkpoints.
 */
export class Scheduler {
  /** Every trial trains to its end. */
  public static none(): Scheduler {
    return new Scheduler({ name: 'none' });
  }

  /**
   * Stops a trial whose best value so far is worse than the median of the other trials' values at the same resource.
   *
   * @see https://research.google/pubs/google-vizier-a-service-for-black-box-optimization/
   */
  public static medianStopping(options: MedianStoppingOptions = {}): Scheduler {
    const { gracePeriod = 1, minimumTrials = DEFAULT_MINIMUM_TRIALS } = options;
    requireAboveZero('gracePeriod of median stopping', gracePeriod);
    requireInteger('minimumTrials of median stopping', minimumTrials, 1, 10_000);
    return new Scheduler({ name: 'medianStopping', gracePeriod, minimumTrials });
  }

  /** Stops a trial that no longer improves, whatever the others do. */
  public static patience(options: PatienceOptions): Scheduler {
    const { patience, minimumImprovement = DEFAULT_MINIMUM_IMPROVEMENT, gracePeriod = patience } = options;
    requireAboveZero('patience', patience);
    requireAboveZero('gracePeriod of patience', gracePeriod);
    requireNumber('minimumImprovement of patience', minimumImprovement, 'a number of at least 0', (n) => n >= 0);
    return new Scheduler({ name: 'patience', patience, minimumImprovement, gracePeriod });
  }

  /**
   * Asynchronous successive halving (ASHA): at each rung only the best of those that came as far go on. No trial waits for
   * another.
   *
   * @see https://arxiv.org/abs/1810.05934
   */
  public static asha(options: AshaOptions): Scheduler {
    const rungs = toRungs('asha', options);
    const { mode = AshaMode.STOP, brackets = DEFAULT_BRACKETS } = options;
    requireInteger('brackets of asha', brackets, 1, rungCount(rungs));
    return new Scheduler({ name: 'asha', ...rungs, mode, brackets });
  }

  /**
   * Progressive ASHA: finds by itself how far trials need to train for the best one to be known. Trials pause at each rung.
   *
   * @see https://arxiv.org/abs/2207.06940
   */
  public static pasha(options: RungOptions): Scheduler {
    return new Scheduler({ name: 'pasha', ...toRungs('pasha', options) });
  }

  /**
   * Successive halving in rounds: all trials of a rung end before the best of them go on. Slots are idle while a rung's last
   * trials run; `asha` keeps them busy.
   *
   * @see https://arxiv.org/abs/1502.07943
   */
  public static successiveHalving(options: RungOptions): Scheduler {
    return new Scheduler({ name: 'successiveHalving', ...toRungs('successive halving', options) });
  }

  /**
   * Hyperband in rounds: brackets of successive halving with ever fewer trials and later first rungs, since it isn't known how
   * early a trial can be judged.
   *
   * @see https://arxiv.org/abs/1603.06560
   */
  public static hyperband(options: RungOptions): Scheduler {
    return new Scheduler({ name: 'hyperband', ...toRungs('hyperband', options) });
  }

  /**
   * Population based training: now and then the worst trials are replaced by copies of the best, checkpoint included, with
   * their hyperparameters changed a little. It finds schedules, such as a learning rate that falls.
   *
   * @see https://arxiv.org/abs/1711.09846
   */
  public static populationBased(options: PopulationBasedOptions): Scheduler {
    const { maxResource, interval, resourceParameter } = options;
    const {
      populationSize = DEFAULT_POPULATION.populationSize,
      quantile = DEFAULT_POPULATION.quantile,
      perturbation = DEFAULT_POPULATION.perturbation,
      resampleProbability = DEFAULT_POPULATION.resampleProbability,
    } = options;
    requireAboveZero('maxResource of population based training', maxResource);
    requireNumber(
      'interval of population based training',
      interval,
      `a number greater than 0 and at most ${maxResource / 2}, half of maxResource`,
      (n) => n > 0 && n <= maxResource / 2,
    );
    requireInteger('populationSize', populationSize, 2, 1000);
    requireNumber('quantile', quantile, 'a number above 0 and at most 0.5', (n) => n > 0 && n <= 0.5);
    requireNumber('perturbation', perturbation, 'a number above 0 and at most 1', (n) => n > 0 && n <= 1);
    requireNumber('resampleProbability', resampleProbability, 'a number from 0 to 1', (n) => n >= 0 && n <= 1);
    requireResourceParameter(resourceParameter);
    return new Scheduler({
      name: 'populationBased',
      populationSize,
      interval,
      maxResource,
      quantile,
      perturbation,
      resampleProbability,
      ...(resourceParameter !== undefined && { resourceParameter }),
    });
  }

  /**
   * A model of the learning curves chooses, whenever a slot is free, between a new configuration and going on with a paused
   * trial. It finds by itself from which resource on a trial can be judged. Trials pause at each rung, of which there are many:
   * training code that keeps no checkpoints begins anew each time.
   */
  public static multiFidelity(options: RungOptions): Scheduler {
    return new Scheduler({
      name: 'multiFidelity',
      ...toRungs('multiFidelity', options, DEFAULT_MODEL_REDUCTION_FACTOR),
    });
  }

  private constructor(private readonly definition: SchedulerDefinition) {}

  /** @internal */
  public _toDefinition(): SchedulerDefinition {
    return this.definition;
  }

  /**
   * Whether attempts are told what to train up to.
   *
   * @internal
   */
  public get _limitsResource(): boolean {
    return 'maxResource' in this.definition;
  }

  /**
   * Whether it does nothing for trials that don't report while they run.
   *
   * @internal
   */
  public get _needsReports(): boolean {
    const { definition } = this;
    const isStoppingAsha = definition.name === 'asha' && definition.mode === 'stop';
    return definition.name === 'medianStopping' || definition.name === 'patience' || isStoppingAsha;
  }

  /**
   * The hyperparameter that tells what to train up to.
   *
   * @internal
   */
  public get _resourceParameter(): string | undefined {
    return 'resourceParameter' in this.definition ? this.definition.resourceParameter : undefined;
  }

  /**
   * What copying checkpoints may add to the time that a step takes.
   *
   * @internal
   */
  public get _copySeconds(): number {
    return this.definition.name === 'populationBased' ? COPY_SECONDS : 0;
  }

  /**
   * Lets the steps look whether a trial has a checkpoint to go on from, and copy those of a population.
   *
   * @internal
   */
  public _grantCheckpoints(bucket: s3.IBucket, prefix: string, grantees: iam.IGrantable[]): void {
    const { definition } = this;
    if (!('maxResource' in definition) || (definition.name === 'asha' && definition.mode === 'stop')) return;
    for (const grantee of grantees) {
      grantListPrefix(bucket, `${prefix}/`, grantee);
      if (definition.name === 'populationBased') {
        grantCopyWithinPrefix(bucket, `${prefix}/`, grantee);
        grantKey(bucket.encryptionKey, grantee);
      }
    }
  }
}

function toRungs(scheduler: string, options: RungOptions, factor = DEFAULT_REDUCTION_FACTOR): RungsDefinition {
  const { maxResource, minResource = 1, reductionFactor = factor, resourceParameter } = options;
  requireAboveZero(`maxResource of ${scheduler}`, maxResource);
  requireAboveZero(`minResource of ${scheduler}`, minResource);
  if (!Token.isUnresolved(maxResource) && !Token.isUnresolved(minResource) && minResource > maxResource) {
    throw new Error(
      `minResource of ${scheduler} must be at most maxResource, which is ${maxResource}, got ${minResource}`,
    );
  }
  requireNumber(`reductionFactor of ${scheduler}`, reductionFactor, 'a number greater than 1', (n) => n > 1);
  requireResourceParameter(resourceParameter);
  const rungs = {
    minResource,
    maxResource,
    reductionFactor,
    ...(resourceParameter !== undefined && { resourceParameter }),
  };
  if (rungCount(rungs) > MAX_RUNGS) {
    throw new Error(
      `reductionFactor of ${scheduler} must leave at most ${MAX_RUNGS} rungs from ${minResource} to ${maxResource}, got ${reductionFactor}, which makes ${rungCount(rungs)}`,
    );
  }
  return rungs;
}

/** More of them are no rungs but a slow way to train. */
const MAX_RUNGS = 50;

function rungCount({ minResource, maxResource, reductionFactor }: RungsDefinition): number {
  return Math.ceil(Math.log(maxResource / minResource) / Math.log(reductionFactor) - 1e-9) + 1;
}

function requireAboveZero(name: string, value: number): void {
  requireNumber(name, value, 'a number greater than 0', (n) => n > 0);
}

function requireResourceParameter(name: string | undefined): void {
  requireMatch('resourceParameter', name, PARAMETER_NAME_PATTERN, 'the name of a hyperparameter');
}
