import * as fc from 'fast-check';
import { STUDY_NAME_PATTERN } from '../../../../lib/contract/limits';
import { studyNameFor } from '../../../../lambda/core/study/study-name';

test.each<[string, string | undefined, string, string]>([
  ['what the input says', 'digits', 'execution-1', 'digits'],
  ['else the execution’s name', undefined, 'execution-1', 'execution-1'],
  ['without the signs that ours may not have', undefined, 'nightly.run+2', 'nightly-run-2'],
  ['with a letter at its begin', undefined, '_x', 'study-_x'],
  ['or a dot', undefined, '.x', 'study--x'],
])('a study is called %s', (_, study, execution, name) => {
  expect(studyNameFor(study === undefined ? {} : { study }, execution)).toBe(name);
});

test('whatever the execution is called, a study can be called so', () => {
  const executionName = fc.stringMatching(/^[\w.+=@!'()\u00c0-\u024f-]{1,80}$/);
  fc.assert(
    fc.property(executionName, (name) => {
      expect(studyNameFor({}, name.slice(0, 80))).toMatch(STUDY_NAME_PATTERN);
    }),
  );
});
