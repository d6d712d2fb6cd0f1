import { AttemptOutcome, TrainAnswer } from '../../lib/contract/calls';
import { TestStudy, trainOf } from './lambda-study';

/** The slot's next attempt after this end; where there is no room, when its turn to try has come. */
export async function againAfter(
  study: TestStudy,
  answer: TrainAnswer,
  outcome: AttemptOutcome,
  seconds: number,
): Promise<TrainAnswer> {
  let next = await study.record(answer, outcome, seconds);
  while (next.action === 'wait') {
    const until = (Date.parse(next.until) - Date.UTC(2026, 0, 31, 12)) / 1000;
    next = await study.next(0, next.turn + 1, until);
  }
  return trainOf(next);
}

/** A study's first slot finds no room so many times. @returns its attempt after that */
export async function roomAfter(study: TestStudy, outcome: AttemptOutcome, times: number): Promise<TrainAnswer> {
  let answer = await study.train();
  for (let i = 1; i <= times; i++) answer = await againAfter(study, answer, outcome, i * 1000);
  return answer;
}
