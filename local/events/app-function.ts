import type { AppDescription, FunctionDescription } from '../template';

/** The function of the app behind the ARN of a function, of a version or of an alias. */
export function functionOf(app: AppDescription, arn: string): FunctionDescription | undefined {
  const unqualified = arn.split(':').slice(0, 7).join(':');
  return app.functions.find((description) => description.arn === unqualified);
}
