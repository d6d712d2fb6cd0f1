import { aws_logs as logs } from 'aws-cdk-lib';
import { compileFilterPattern } from '../../../local/logs/filter-pattern';

const LINE = 'epoch=3 validation_accuracy=0.91 "done"';
const matches = (pattern: string) => compileFilterPattern(pattern, 'Filter/FilterPattern')(LINE);

test.each<[string, boolean]>([
  ['', true],
  ['  ', true],
  ['epoch', true],
  ['Epoch', false],
  ['epoch validation_accuracy', true],
  ['epoch loss', false],
  ['"epoch=3 validation"', true],
  ['"epoch=3 accuracy"', false],
  [String.raw`"\"done\""`, true],
  ['?loss ?epoch', true],
  ['?"loss=" ?"x y"', false],
  [logs.FilterPattern.allEvents().logPatternString, true],
  [logs.FilterPattern.allTerms('epoch=', 'accuracy').logPatternString, true],
  [logs.FilterPattern.anyTerm('loss', '"done"').logPatternString, true],
])('%j', (pattern, expected) => {
  expect(matches(pattern)).toBe(expected);
});

test.each(['{ $.epoch = 3 }', '[a, b]', '%epoch%', '-epoch', 'epoch=3', '?a b', '"open', 'a"b"'])(
  '%j is refused with what can be used',
  (pattern) => {
    expect(() => matches(pattern)).toThrow(/^Filter\/FilterPattern: .* is not applied locally\. Use terms/);
  },
);
