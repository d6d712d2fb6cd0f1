/** What a person or a bigger state machine may give when it starts a study: the execution's input. */
export interface StudyInput {
  /** The study's name: a new one starts a study, a known one resumes it. Default: the execution's name. */
  readonly study?: string;
  /** Seed of all randomness of the study. Default: derived from the study's name. */
  readonly seed?: number;
  readonly maxTrials?: number;
  readonly maxParallelTrials?: number;
  readonly maxDurationSeconds?: number;
  readonly maxTrialsWithoutImprovement?: number;
  readonly targetValue?: number;
  readonly maxSpendUsd?: number;
}
