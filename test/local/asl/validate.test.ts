import { InvalidDefinition, UnsupportedDefinition, validate } from '../../../local/asl';

const machine = (state: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'A',
  States: { A: state, ...more },
});
const problems = (definition: unknown): string[] => {
  try {
    validate(definition, (resource) => !resource.includes('ecs'));
    return [];
  } catch (e) {
    if (e instanceof InvalidDefinition) return e.diagnostics.map((d) => `${d.location}: ${d.message}`);
    if (e instanceof UnsupportedDefinition) return [...e.findings];
    throw e;
  }
};

test.each<[string, unknown, string]>([
  ['a text', 'x', '/: The definition must be a JSON object'],
  ['a machine without a start', { States: {} }, '/: These fields are required: [StartAt]'],
  ['an unknown start', { StartAt: 'B', States: machine({ Type: 'Succeed' }).States }, "Missing 'StartAt' target: B"],
  ['an unknown Next', machine({ Type: 'Pass', Next: 'B' }), "/States/A/Next: Missing 'Next' target: B"],
  ['neither Next nor End', machine({ Type: 'Pass' }), "Exactly one of 'Next' and 'End' must be given"],
  ['an unknown type', machine({ Type: 'Loop', End: true }), '/States/A/Type: Value is not one of'],
  ['a JSONPath field', machine({ Type: 'Pass', Parameters: {}, End: true }), "'Parameters' is not supported"],
  ['broken JSONata', machine({ Type: 'Pass', Output: '{% 1 + %}', End: true }), "expression '1 +' is not valid"],
  ['a wrong time stamp', machine({ Type: 'Wait', Timestamp: '2026-02-30T00:00:00Z', End: true }), 'RFC3339'],
  ['a Resource of no known form', machine({ Type: 'Task', Resource: 'x', End: true }), 'resource provided x is not'],
  [
    'a Resource that the services lack',
    machine({ Type: 'Task', Resource: 'arn:aws:states:::ecs:runTask.sync', End: true }),
    "state 'A' uses Resource arn:aws:states:::ecs:runTask.sync",
  ],
  ['a JSONPath machine', { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } }, 'the machine uses JSONPath'],
  [
    'a JSONPath state beside JSONata ones',
    {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', QueryLanguage: 'JSONata', Next: 'B' },
        B: { Type: 'Pass', OutputPath: '$.x', End: true },
      },
    },
    "state 'B' uses JSONPath (OutputPath)",
  ],
  [
    'an inner state of an inner machine',
    machine({
      Type: 'Parallel',
      Branches: [{ StartAt: 'X', States: { X: { Type: 'Pass', Next: 'Nowhere' } } }],
      End: true,
    }),
    '/States/A/Branches[0]/States/X/Next',
  ],
])('refuses %s', (_, definition, message) => {
  expect(problems(definition).join('\n')).toContain(message);
});

test('takes a state that means the same in both query languages', () => {
  expect(
    problems({
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
        B: { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% $x %}', End: true },
      },
    }),
  ).toEqual([]);
});
