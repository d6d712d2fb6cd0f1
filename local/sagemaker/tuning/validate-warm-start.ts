import { validationError } from '../validate-request';
import { definitionsOf, hasTuningEnded, objectiveOf, rangesOf } from './tuning-job';
import type { CreateTuningJobRequest, TrainingJobDefinition, TuningJob } from './tuning-job';

/** The parents of a warm start; throws where AMT would not learn from them. */
export function findParents(
  request: CreateTuningJobRequest,
  find: (name: string) => TuningJob | undefined,
): readonly TuningJob[] {
  const { WarmStartConfig } = request;
  if (WarmStartConfig === undefined) return [];
  if (request.HyperParameterTuningJobConfig.Strategy === 'Grid') {
    throw validationError(
      'WarmStartConfig is not supported with the Strategy Grid, which tries all combinations. Leave it out, or give another ' +
        'Strategy.',
    );
  }
  const names = WarmStartConfig.ParentHyperParameterTuningJobs.map((parent) => parent.HyperParameterTuningJobName);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw validationError(`WarmStartConfig.ParentHyperParameterTuningJobs: '${repeated}' is repeated.`);
  }
  return names.map((name) => {
    const parent = find(name);
    if (parent === undefined) {
      throw validationError(
        `WarmStartConfig.ParentHyperParameterTuningJobs: there is no tuning job '${name}'. Give one that exists.`,
      );
    }
    if (!hasTuningEnded(parent)) {
      throw validationError(
        `WarmStartConfig.ParentHyperParameterTuningJobs: '${name}' is in status ${parent.status}. ` +
          'Wait until it is Completed, Stopped or Failed.',
      );
    }
    checkAlike(request, parent, WarmStartConfig.WarmStartType);
    return parent;
  });
}

function checkAlike(request: CreateTuningJobRequest, parent: TuningJob, type: string): void {
  const [own, parents] = [definitionsOf(request), definitionsOf(parent.request)];
  if (own.length > 1 || parents.length > 1) {
    const which = own.length > 1 ? 'this tuning job' : `'${parent.name}'`;
    throw validationError(`WarmStartConfig: ${which} has several TrainingJobDefinitions. A warm start takes one.`);
  }
  const [mine, theirs] = [objectiveOf(request, own[0]), objectiveOf(parent.request, parents[0])];
  if (mine.MetricName !== theirs.MetricName || mine.Type !== theirs.Type) {
    throw validationError(
      `WarmStartConfig: the objective ${mine.Type} '${mine.MetricName}' is not that of the parent '${parent.name}', ` +
        `${theirs.Type} '${theirs.MetricName}'. It must be the same.`,
    );
  }
  const [count, theirCount] = [countHyperparameters(request, own[0]), countHyperparameters(parent.request, parents[0])];
  if (count !== theirCount) {
    throw validationError(
      `WarmStartConfig: static and tuned hyperparameters are ${count}, and ${theirCount} in the parent '${parent.name}'. ` +
        'Their number must be the same.',
    );
  }
  const [image, theirImage] = [own[0], parents[0]].map(({ AlgorithmSpecification: algorithm }) =>
    JSON.stringify(algorithm.TrainingImage ?? algorithm.AlgorithmName),
  );
  if (type === 'IdenticalDataAndAlgorithm' && image !== theirImage) {
    throw validationError(
      `WarmStartConfig: the training image ${image} is not that of the parent '${parent.name}', ${theirImage}. ` +
        'Use the same, or the WarmStartType TransferLearning.',
    );
  }
}

function countHyperparameters(request: CreateTuningJobRequest, definition: TrainingJobDefinition): number {
  const ranges = Object.values(rangesOf(request, definition)) as (readonly unknown[] | undefined)[];
  return ranges.reduce(
    (sum, list) => sum + (list?.length ?? 0),
    Object.keys(definition.StaticHyperParameters ?? {}).length,
  );
}
