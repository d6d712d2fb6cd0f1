import { createHash } from 'node:crypto';
import { instanceConfigsOf } from './tuning-job';
import type { CreateTuningJobRequest, TrainingJobDefinition } from './tuning-job';

/** A training job that a tuning job wants to launch. */
export interface ChildPlan {
  readonly definition: number;
  readonly tuned: Readonly<Record<string, string>>;
  /** Place among the instances that the definition may run on; the first is preferred. */
  instances: number;
}

/** `<tuning job>-001-<8 hex>`; `salt` tells names apart where the first one was taken. */
export function childName(tuningJob: string, number: number, salt: number): string {
  const hash = createHash('sha256').update(`${tuningJob}/${number}/${salt}`).digest('hex').slice(0, 8);
  return `${tuningJob}-${String(number).padStart(3, '0')}-${hash}`;
}

/** The request of CreateTrainingJob for one training job of a tuning job. */
export function childRequest(
  tuning: CreateTuningJobRequest,
  definition: TrainingJobDefinition,
  { tuned, instances }: Pick<ChildPlan, 'tuned' | 'instances'>,
  name: string,
): Record<string, unknown> {
  const {
    DefinitionName: _name,
    TuningObjective: _objective,
    HyperParameterRanges: _ranges,
    StaticHyperParameters,
    ResourceConfig,
    HyperParameterTuningResourceConfig,
    ...same
  } = definition;
  const chosen = instanceConfigsOf(definition)?.[instances];
  return {
    ...same,
    TrainingJobName: name,
    HyperParameters: { ...StaticHyperParameters, ...tuned },
    ResourceConfig:
      chosen === undefined
        ? ResourceConfig
        : { ...chosen, VolumeKmsKeyId: HyperParameterTuningResourceConfig?.VolumeKmsKeyId },
    Tags: tuning.Tags,
  };
}
