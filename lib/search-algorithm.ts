import { Duration, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DEFAULT_POINTS_PER_PARAMETER, DEFAULT_POPULATION_SIZE, DEFAULT_SAMPLE_SIZE } from './contract/search-defaults';
import { SearchAlgorithmDefinition } from './contract/tuner-definition';
import { requireInteger, requireSeconds } from './private/checks';

const MAX_POPULATION_SIZE = 1000;

/** Details of a grid search. */
export interface GridSearchOptions {
  /**
   * Points along each continuous parameter, and at most this many along each integer one; 1 to 1000.
   *
   * @default 5
   */
  readonly pointsPerParameter?: number;
}

/** Details of CMA-ES. */
export interface CmaEsOptions {
  /**
   * Configurations of a generation; 4 to 1000.
   *
   * @default - 4 + 3 ln(number of parameters), and at least the number of parallel trials
   */
  readonly populationSize?: number;
}

/** Details of regularized evolution. */
export interface EvolutionOptions {
  /**
   * Configurations that are alive: the newest ones; 2 to 1000. The first so many are random.
   *
   * @default 50
   */
  readonly populationSize?: number;

  /**
   * Of so many random ones of them the best is changed a little; 1 to the population's size.
   *
   * @default - 10, or the population's size where that is less
   */
  readonly sampleSize?: number;
}

/** Details of NSGA-II. */
export interface Nsga2Options {
  /**
   * Configurations of a generation; 4 to 1000.
   *
   * @default 50
   */
  readonly populationSize?: number;
}

/** Details of a search by a function of your own. */
export interface FunctionSearchOptions {
  /**
   * How long an answer may take; 1 second to 14 minutes. The function's own timeout should be shorter.
   *
   * @default Duration.minutes(1)
   */
  readonly timeout?: Duration;

  /**
   * Whether the function may propose a configuration that a trial has had already, such as to measure noise.
   *
   * @default false
   */
  readonly allowRepeats?: boolean;
}

/** Lambda's limit of 15 minutes, less what the step that waits for the answer needs for itself. */
const MAX_FUNCTION_SECONDS = 14 * 60;

/** What proposes the configurations to try. All algorithms are seeded: the same study replays exactly. */
export class SearchAlgorithm {
  /**
   * Chooses among the others by the problem: its parameters, objectives, trials and parallelism. The study's record says
   * what it chose and why.
   */
  public static auto(): SearchAlgorithm {
    return new SearchAlgorithm({ name: 'auto' });
  }

  /**
   * Bayesian optimization with a Gaussian process: a model of the objective says where the next trial is expected to improve
   * most. Needs the fewest trials of all, where a trial costs more than a second.
   *
   * @see https://doi.org/10.1023/A:1008306431147 expected improvement
   * @see https://arxiv.org/abs/2310.20708 its logarithm
   */
  public static gaussianProcess(): SearchAlgorithm {
    return new SearchAlgorithm({ name: 'gaussianProcess' });
  }

  /**
   * Tree-structured Parzen estimator: proposes what is likely among the good trials and unlikely among the others. At home in
   * large spaces with many conditional and categorical parameters.
   *
   * @see https://papers.nips.cc/paper/4443-algorithms-for-hyper-parameter-optimization
   * @see https://arxiv.org/abs/2304.11127
   */
  public static tpe(): SearchAlgorithm {
    return new SearchAlgorithm({ name: 'tpe' });
  }

  /**
   * CMA-ES: an evolution strategy that learns in which directions to step. For numeric parameters and many hundreds of
   * trials.
   *
   * @see https://arxiv.org/abs/1604.00772
   */
  public static cmaEs(options: CmaEsOptions = {}): SearchAlgorithm {
    const { populationSize } = options;
    requireInteger('populationSize of CMA-ES', populationSize, 4, MAX_POPULATION_SIZE);
    return new SearchAlgorithm({ name: 'cmaEs', ...(populationSize !== undefined && { populationSize }) });
  }

  /**
   * Regularized evolution: changes one parameter of a good recent configuration at a time. For spaces of choices, such as
   * architectures, and many hundreds of trials.
   *
   * @see https://arxiv.org/abs/1802.01548
   */
  public static evolution(options: EvolutionOptions = {}): SearchAlgorithm {
    const { populationSize = DEFAULT_POPULATION_SIZE } = options;
    requireInteger('populationSize of the evolution', populationSize, 2, MAX_POPULATION_SIZE);
    const largest = Token.isUnresolved(populationSize) ? MAX_POPULATION_SIZE : populationSize;
    const { sampleSize = Math.min(DEFAULT_SAMPLE_SIZE, largest) } = options;
    requireInteger('sampleSize of the evolution', sampleSize, 1, largest);
    return new SearchAlgorithm({ name: 'evolution', populationSize, sampleSize });
  }

  /**
   * NSGA-II: a genetic algorithm for several objectives, which keeps a population along the Pareto front. For many hundreds
   * of trials.
   *
   * @see https://doi.org/10.1109/4235.996017
   */
  public static nsga2(options: Nsga2Options = {}): SearchAlgorithm {
    const { populationSize = DEFAULT_POPULATION_SIZE } = options;
    requireInteger('populationSize of NSGA-II', populationSize, 4, MAX_POPULATION_SIZE);
    return new SearchAlgorithm({ name: 'nsga2', populationSize });
  }

  /**
   * Uniform random search under each parameter's scaling.
   *
   * @see https://jmlr.org/papers/v13/bergstra12a.html
   */
  public static random(): SearchAlgorithm {
    return new SearchAlgorithm({ name: 'random' });
  }

  /**
   * A scrambled Sobol sequence: fills the space more evenly than random search, at any number of trials.
   *
   * @see https://doi.org/10.1016/0041-5553(67)90144-9
   */
  public static sobol(): SearchAlgorithm {
    return new SearchAlgorithm({ name: 'sobol' });
  }

  /**
   * Every combination of a grid. The study ends when all have been tried, or at its maximum of trials.
   */
  public static grid(options: GridSearchOptions = {}): SearchAlgorithm {
    const { pointsPerParameter = DEFAULT_POINTS_PER_PARAMETER } = options;
    requireInteger('pointsPerParameter of the grid search', pointsPerParameter, 1, 1000);
    return new SearchAlgorithm({ name: 'grid', pointsPerParameter });
  }

  /**
   * A Lambda function of your own: it is told the search space and all trials, and answers with the next configuration. What
   * it answers is checked. The tuner allows its steps to invoke this function, or this version or alias of it, and no other;
   * a function of another account has to allow them too.
   *
   * @see https://www.npmjs.com/package/cdk-hpo docs/own-search-algorithm.md
   */
  public static fromFunction(fn: lambda.IFunction, options: FunctionSearchOptions = {}): SearchAlgorithm {
    const { timeout = Duration.minutes(1), allowRepeats = false } = options;
    requireSeconds('timeout of the search function', timeout, 1, MAX_FUNCTION_SECONDS);
    const timeoutSeconds = timeout.toSeconds();
    return new SearchAlgorithm({ name: 'function', functionArn: fn.functionArn, timeoutSeconds, allowRepeats }, fn);
  }

  private constructor(
    private readonly definition: SearchAlgorithmDefinition,
    private readonly fn?: lambda.IFunction,
  ) {}

  /**
   * Lets the steps that ask for configurations do what the algorithm needs.
   *
   * @internal
   */
  public _bind(steps: lambda.IFunction[]): void {
    if (this.fn === undefined) return;
    // grantInvoke would also want to change the permissions of a function that is imported, which it can't.
    const invoke = { actions: ['lambda:InvokeFunction'], resourceArns: this.fn.resourceArnsForGrantInvoke };
    steps.forEach((step) => iam.Grant.addToPrincipal({ ...invoke, grantee: step }).assertSuccess());
  }

  /**
   * How long an answer may take beyond what our own search needs, in seconds.
   *
   * @internal
   */
  public get _waitSeconds(): number {
    return this.definition.name === 'function' ? this.definition.timeoutSeconds : 0;
  }

  /** @internal */
  public _toDefinition(): SearchAlgorithmDefinition {
    return this.definition;
  }
}
