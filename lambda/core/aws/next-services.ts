import { NextServices } from '../study/turn';
import { LambdaSearchFunctions } from './invoke-search-function';
import { S3Checkpoints } from './s3-checkpoints';
import { SageMakerTrainingJobs } from './training-jobs';

/** One set for each warm Lambda. */
export function nextServices(): NextServices {
  return {
    functions: new LambdaSearchFunctions(),
    checkpoints: new S3Checkpoints(),
    jobs: new SageMakerTrainingJobs(),
  };
}
