import { SearchAlgorithmDefinition } from './contract/tuner-definition';
import { requireInteger } from './private/checks';

/** Details of a grid search. */
export interface GridSearchOptions {
  /**
   * Points along each continuous parameter, and at most this many along each integer one; 1 to 1000.
   *
   * @default 5
   */
  readonly pointsPerParameter?: number;
}

/** What proposes the configurations to try. All algorithms are seeded: the same study replays exactly. */
export class SearchAlgorithm {
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
    const { pointsPerParameter = 5 } = options;
    requireInteger('pointsPerParameter of the grid search', pointsPerParameter, 1, 1000);
    return new SearchAlgorithm({ name: 'grid', pointsPerParameter });
  }

  private constructor(private readonly definition: SearchAlgorithmDefinition) {}

  /** @internal */
  public _toDefinition(): SearchAlgorithmDefinition {
    return this.definition;
  }
}
