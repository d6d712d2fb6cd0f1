import { createHash } from 'node:crypto';
import type { ChildPlan } from './child-request';
import { childResults, lossOf } from './objective';
import type { ChildResult, FindJob } from './objective';
import { TuningSearch } from './search';
import type { TriedHyperparameters } from './search';
import { trainingJobLimit } from './training-job-limit';
import { definitionsOf, rangesOf } from './tuning-job';
import type { TuningJob } from './tuning-job';

/** Decides what a tuning job tries next: its definitions take turns, each with a search of its own. */
export class ChildPlanner {
  private readonly searches: TuningSearch[];
  private readonly exhausted = new Set<number>();
  private readonly seed: number;

  /** @param parents those of a warm start */
  constructor(
    private readonly tuning: TuningJob,
    private readonly parents: readonly TuningJob[],
    private readonly find: FindJob,
  ) {
    const { request } = tuning;
    const { Strategy, RandomSeed } = request.HyperParameterTuningJobConfig;
    this.searches = definitionsOf(request).map(
      (definition) => new TuningSearch(Strategy, rangesOf(request, definition)),
    );
    this.seed = RandomSeed ?? createHash('sha256').update(tuning.name).digest().readUInt32BE();
  }

  /** The next training job; undefined when all that there is has been tried. */
  next(): ChildPlan | undefined {
    const { children } = this.tuning;
    const count = this.searches.length;
    for (let turn = 0; turn < count; turn++) {
      const definition = (children.length + turn) % count;
      const tuned = this.exhausted.has(definition) ? undefined : this.suggest(definition);
      if (tuned !== undefined) return { definition, tuned, instances: 0 };
      this.exhausted.add(definition);
    }
    return undefined;
  }

  private suggest(definition: number): Record<string, string> | undefined {
    const { request, children } = this.tuning;
    const own = children.filter((child) => child.definition === definition && !child.replaced);
    return this.searches[definition].next({
      number: own.length + 1,
      maxJobs: trainingJobLimit(request),
      maxParallelJobs: request.HyperParameterTuningJobConfig.ResourceLimits.MaxParallelTrainingJobs,
      seed: this.seed + definition,
      tried: childResults({ request, children: own }, this.find).map(triedOf),
      known: this.parents.flatMap((parent) =>
        childResults(parent, this.find)
          .filter(({ value }) => value !== undefined)
          .map((result) => withStatic(parent, result)),
      ),
    });
  }
}

function triedOf({ child, objective, status, value }: ChildResult): TriedHyperparameters {
  if (value !== undefined) return { hyperparameters: child.tuned, status: 'finished', loss: lossOf(objective, value) };
  return { hyperparameters: child.tuned, status: status === 'Pending' ? 'pending' : 'failed' };
}

// what is searched now may have been static then.
function withStatic(parent: TuningJob, result: ChildResult): TriedHyperparameters {
  const { StaticHyperParameters } = definitionsOf(parent.request)[result.child.definition];
  return { ...triedOf(result), hyperparameters: { ...StaticHyperParameters, ...result.child.tuned } };
}
