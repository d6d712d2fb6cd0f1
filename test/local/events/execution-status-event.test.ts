import { executionStatusEvent } from '../../../local/events/execution-status-event';

const KIB = 1024;

function detailWith(input: string, output: string): Record<string, unknown> {
  const execution = { executionArn: 'arn:aws:states:r:1:execution:m:e', stateMachineArn: 'm', name: 'e', startDate: 0 };
  return executionStatusEvent({ ...execution, input, output }, 'SUCCEEDED', 0).detail as Record<string, unknown>;
}

test('input that fits no more beside the output is left out, and output that is too large by itself', () => {
  expect(detailWith('"i"', '"o"')).toMatchObject({ input: '"i"', output: '"o"' });
  expect(detailWith('x'.repeat(200 * KIB), 'y'.repeat(49 * KIB))).toMatchObject({
    input: null,
    inputDetails: { included: false },
    output: 'y'.repeat(49 * KIB),
    outputDetails: { included: true },
  });
  expect(detailWith('"i"', 'y'.repeat(249 * KIB))).toMatchObject({
    input: null,
    output: null,
    outputDetails: { included: false },
  });
});

test('quotes count twice, as they are escaped in the event', () => {
  expect(detailWith('"'.repeat(124 * KIB), '')).toMatchObject({ inputDetails: { included: true } });
  expect(detailWith('"'.repeat(124 * KIB + 1), '')).toMatchObject({ inputDetails: { included: false } });
});
