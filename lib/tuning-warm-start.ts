import { requireInteger, requireMatch } from './private/checks';

const TUNING_JOB_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}$/;

/** Earlier tuning jobs whose results a study by automatic model tuning begins with. */
export class TuningWarmStart {
  /**
   * Jobs with the same data and training code; ranges and numbers of jobs may differ.
   *
   * @param tuningJobNames 1 to 5 names of tuning jobs that have ended
   */
  public static identicalDataAndAlgorithm(...tuningJobNames: string[]): TuningWarmStart {
    return new TuningWarmStart('IdenticalDataAndAlgorithm', tuningJobNames);
  }

  /**
   * Jobs with other data, or another version of the training code.
   *
   * @param tuningJobNames 1 to 5 names of tuning jobs that have ended
   */
  public static transferLearning(...tuningJobNames: string[]): TuningWarmStart {
    return new TuningWarmStart('TransferLearning', tuningJobNames);
  }

  private constructor(
    /** @internal */
    public readonly _type: string,
    /** @internal */
    public readonly _parents: string[],
  ) {
    requireInteger('number of tuning jobs of TuningWarmStart', _parents.length, 1, 5);
    for (const name of _parents) {
      if (_parents.indexOf(name) !== _parents.lastIndexOf(name)) {
        throw new Error(`tuningJobNames must differ, got ${JSON.stringify(name)} twice`);
      }
      requireMatch('tuningJobNames', name, TUNING_JOB_NAME, 'names of tuning jobs: 1 to 32 letters, digits and -');
    }
  }
}
