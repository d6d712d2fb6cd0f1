import { STEP_ENVIRONMENT } from '../../lib/contract/environment';
import { Schema } from '../../lib/contract/schemas';
import { InvalidRequest } from './errors';
import { DynamoItemTable } from './store/item-table';
import { StudyStore } from './store/study-store';
import { schemaProblems } from './validation';

/** An environment variable of the Lambda; the constructs set it. */
export function requireEnvironment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is missing`);
  return value;
}

export function tableName(): string {
  return requireEnvironment(STEP_ENVIRONMENT.TABLE);
}

let store: StudyStore | undefined;

/** One store for each warm Lambda: it keeps connections and what can't change any more. */
export function studyStore(): StudyStore {
  return (store ??= new StudyStore(new DynamoItemTable(tableName())));
}

/** The event as a request of the contract. */
export function parseRequest<T>(step: string, schema: Schema, event: unknown): T {
  const problems = schemaProblems(`the request of ${step}`, schema, event);
  if (problems.length > 0) throw new InvalidRequest(problems.join('; '));
  return event as T;
}

/** A call that is made again after an error brings the time of the first one: what is planned now can't begin then. */
export function notBeforeNow<T extends { readonly at: string }>(request: T): T {
  const now = new Date();
  return Date.parse(request.at) < now.getTime() ? { ...request, at: now.toISOString() } : request;
}
