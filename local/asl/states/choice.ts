import { StatesError } from '../errors';
import { Frame } from '../frame';
import type { Completion } from '../state';

/** Choice: the first rule whose Condition holds, with the rule's own Assign and Output; the state's go with Default. */
export async function runChoice(frame: Frame): Promise<Completion> {
  const { state, input } = frame;
  for (const [i, rule] of (state.Choices ?? []).entries()) {
    const holds = await frame.evaluate(rule.Condition, `Choices[${i}]/Condition`);
    if (typeof holds !== 'boolean') {
      throw frame.typeError(rule.Condition, `Choices[${i}]/Condition`, 'boolean', holds);
    }
    if (holds) {
      return {
        data: {},
        fallback: input,
        output: rule.Output,
        assign: rule.Assign,
        location: `Choices[${i}]/`,
        next: rule.Next,
      };
    }
  }
  if (state.Default === undefined) {
    throw new StatesError(
      'States.NoChoiceMatched',
      frame.cause('Failed to transition out of the state. The state does not point to a next state.'),
    );
  }
  return { data: {}, fallback: input, output: state.Output, assign: state.Assign, next: state.Default };
}
