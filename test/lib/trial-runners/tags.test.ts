import { Lazy } from 'aws-cdk-lib';
import { checkedTrainingRequest, sageMakerTraining } from '../../support/lib-stack';

const OWN = [
  { Key: 'cdk-hpo:study', Value: '{% $study %}' },
  { Key: 'cdk-hpo:trial', Value: '{% $string($next.trial) %}' },
];

function tags(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'x']));
}

test('jobs have the tags of their tuner, and say which study and trial they belong to', () => {
  expect(checkedTrainingRequest({}).Tags).toEqual(OWN);
  const { Tags } = checkedTrainingRequest({ tags: { team: 'vision', 'cost centre': 'a/b=c+d@e.f:g_h-1' } });
  expect(Tags).toEqual([{ Key: 'team', Value: 'vision' }, { Key: 'cost centre', Value: 'a/b=c+d@e.f:g_h-1' }, ...OWN]);
});

test('40 tags are fine', () => {
  expect(checkedTrainingRequest({ tags: tags(40) }).Tags).toHaveLength(42);
});

const KEY = 'key of tags must be letters, digits and _ . : / = + @ - without aws: or cdk-hpo: at its start';
const VALUE = 'tag team must be letters, digits and _ . : / = + @ -';

test.each<[string, Record<string, string>, string]>([
  ['41 tags', tags(41), 'number of tags must be an integer from 0 to 40, got 41'],
  ['no key', { '': 'x' }, `${KEY}, got ""`],
  ["a key of AWS's", { 'aws:x': 'x' }, `${KEY}, got "aws:x"`],
  ['a key of ours', { 'cdk-hpo:study': 'x' }, `${KEY}, got "cdk-hpo:study"`],
  ['a key with other signs', { 'a!': 'x' }, `${KEY}, got "a!"`],
  ['a long key', { ['k'.repeat(129)]: 'x' }, 'key of tags must have at most 128 characters, got 129'],
  ['a value with other signs', { team: 'a!' }, `${VALUE}, got "a!"`],
  ['an expression', { team: '{% $study %}' }, `${VALUE}, got "{% $study %}"`],
  ['a long value', { team: 'v'.repeat(257) }, 'tag team must have at most 256 characters, got 257'],
])('refuses %s', (_, value, message) => {
  expect(() => sageMakerTraining({ tags: value })).toThrow(message);
});

test.each<[string, Record<string, string>]>([
  ['a key of 128 characters', { ['k'.repeat(128)]: 'x' }],
  ['a value of 256 characters', { team: 'v'.repeat(256) }],
  ['an empty value', { team: '' }],
  ['other alphabets', { équipe: '視覚' }],
])('takes %s', (_, value) => {
  expect(checkedTrainingRequest({ tags: value }).Tags).toHaveLength(3);
});

test('takes what is only known later', () => {
  const later = Lazy.string({ produce: () => '!' });
  expect(() => sageMakerTraining({ tags: { [later]: later } })).not.toThrow();
});
