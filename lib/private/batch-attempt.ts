import { TRAINING_ENVIRONMENT, WORKER_ENVIRONMENT } from '../contract/environment';

/** What a job is told of its own attempt: values, or the expressions that make them. */
export interface AttemptTexts {
  readonly study: string;
  readonly trial: string;
  readonly attempt: string;
  readonly token: string;
  /** The answer of Next trial but for its token, as JSON. */
  readonly answer: string;
  readonly maxResource: string;
}

/** The environment variables that differ from job to job. */
export function attemptEnvironment(texts: AttemptTexts, limitsResource: boolean): { [name: string]: string } {
  return {
    [TRAINING_ENVIRONMENT.STUDY]: texts.study,
    [TRAINING_ENVIRONMENT.TRIAL]: texts.trial,
    [TRAINING_ENVIRONMENT.ATTEMPT]: texts.attempt,
    [TRAINING_ENVIRONMENT.TOKEN]: texts.token,
    [WORKER_ENVIRONMENT.ATTEMPT]: texts.answer,
    ...(limitsResource && { [TRAINING_ENVIRONMENT.MAX_RESOURCE]: texts.maxResource }),
  };
}
