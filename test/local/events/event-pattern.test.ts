import { compilePattern } from '../../../local/events/event-pattern';

const EVENT = {
  source: 'aws.states',
  resources: ['arn:one', 'arn:two'],
  detail: {
    status: 'FAILED',
    error: null,
    name: '',
    count: 7,
    ratio: 0.5,
    ok: true,
    parts: [{ id: 'a' }, { id: 'b' }],
  },
};

const matches = (pattern: unknown) => compilePattern(pattern, 'Rule/EventPattern')(EVENT);

test.each<[string, object, boolean]>([
  ['one of the values', { detail: { status: ['SUCCEEDED', 'FAILED'] } }, true],
  ['none of the values', { detail: { status: ['SUCCEEDED'] } }, false],
  ['each field', { source: ['aws.states'], detail: { count: [8] } }, false],
  [
    'a number, null, an empty text and a truth value',
    { detail: { count: [7], error: [null], name: [''], ok: [true] } },
    true,
  ],
  ['a text is no number', { detail: { count: ['7'] } }, false],
  ['an entry of a list', { resources: ['arn:two'] }, true],
  ['an object in a list', { detail: { parts: { id: ['b'] } } }, true],
  ['a field that is absent', { detail: { other: ['x'] } }, false],
  ['prefix', { resources: [{ prefix: 'arn:' }] }, true],
  ['prefix in any case', { detail: { status: [{ prefix: { 'equals-ignore-case': 'fa' } }] } }, true],
  ['suffix', { detail: { status: [{ suffix: 'ED' }] } }, true],
  ['another suffix', { detail: { status: [{ suffix: 'ING' }] } }, false],
  ['equals-ignore-case', { detail: { status: [{ 'equals-ignore-case': 'failed' }] } }, true],
  ['wildcard', { source: [{ wildcard: 'aws.*s' }] }, true],
  ['wildcard with a star that is meant', { source: [{ wildcard: 'aws.\\*' }] }, false],
  ['a dot of a wildcard is a dot', { source: [{ wildcard: 'aws?states*' }] }, false],
  ['anything-but', { detail: { status: [{ 'anything-but': 'RUNNING' }] } }, true],
  ['anything-but of a list', { detail: { status: [{ 'anything-but': ['RUNNING', 'FAILED'] }] } }, false],
  ['anything-but with a prefix', { detail: { status: [{ 'anything-but': { prefix: 'FA' } }] } }, false],
  ['anything-but with several suffixes', { detail: { status: [{ 'anything-but': { suffix: ['G', 'X'] } }] } }, true],
  ['anything-but asks for the field', { detail: { other: [{ 'anything-but': 'x' }] } }, false],
  ['numeric', { detail: { count: [{ numeric: ['>', 0, '<=', 7] }], ratio: [{ numeric: ['=', 0.5] }] } }, true],
  ['numeric outside', { detail: { count: [{ numeric: ['<', 7] }] } }, false],
  ['exists', { detail: { error: [{ exists: true }], other: [{ exists: false }] } }, true],
  ['exists in an object that is absent', { more: { other: [{ exists: false }] } }, true],
  ['an object is no value', { detail: [{ exists: true }] }, false],
  ['either pattern', { $or: [{ source: ['x'] }, { detail: { count: [7] } }] }, true],
  ['neither pattern', { $or: [{ source: ['x'] }, { detail: { count: [8] } }] }, false],
])('%s', (_name, pattern, expected) => {
  expect(matches(pattern)).toBe(expected);
});

test.each<[unknown, string]>([
  [{ a: [{ cidr: '10.0.0.0/8' }] }, 'Rule/EventPattern/a/0: {"cidr":"10.0.0.0/8"} is not matched locally. Use one'],
  [{ a: 'x' }, 'Rule/EventPattern/a: expected a list of values, not "x". Put it in a list.'],
  [{ a: [] }, 'Rule/EventPattern/a: the list is empty'],
  [{ a: [['x']] }, 'Rule/EventPattern/a/0: a list inside of a list'],
  [{ a: [{ prefix: 1 }] }, 'Rule/EventPattern/a/0/prefix: expected a text, not 1.'],
  [{ a: [{ prefix: 'x', suffix: 'y' }] }, 'is not matched locally'],
  [{ a: [{ exists: 'yes' }] }, 'is not matched locally'],
  [{ a: [{ numeric: ['>'] }] }, 'Rule/EventPattern/a/0/numeric: expected comparisons with numbers'],
  [{ a: [{ numeric: ['~', 1] }] }, 'expected comparisons with numbers'],
  [{ a: [{ 'anything-but': { regex: 'x' } }] }, 'is not matched locally'],
  [[], 'Rule/EventPattern: expected an object of fields, not [].'],
])('%j is refused by its path', (pattern, message) => {
  expect(() => matches(pattern)).toThrow(message);
});
