import { randomUUID } from 'node:crypto';
import { ServiceError } from '../service';

/** What Batch answers for a request that is wrong, in its words. */
export function clientException(problem: string): ServiceError {
  return new ServiceError(
    'ClientException',
    `Error executing request, Exception : ${problem}, RequestId: ${randomUUID()}`,
  );
}

export function serverException(): ServiceError {
  return new ServiceError('ServerException', 'The request failed for an internal reason. Try again.', 500);
}

export function tooManyRequests(): ServiceError {
  return new ServiceError('TooManyRequestsException', 'Too Many Requests', 429);
}
