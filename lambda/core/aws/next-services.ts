import { NextServices } from '../study/turn';
import { LambdaSearchFunctions } from './invoke-search-function';
import { runnerJobs } from './runner-jobs';
import { S3Checkpoints } from './s3-checkpoints';

/** One set for each warm Lambda. */
export function nextServices(): NextServices {
  return {
    functions: new LambdaSearchFunctions(),
    checkpoints: new S3Checkpoints(),
    jobs: runnerJobs(),
  };
}
