import { smallestInstance, vcpusOf } from '../../../local/batch/instance-size';

test.each([
  ['t3.small', 2],
  ['m5.large', 2],
  ['g5.xlarge', 4],
  ['p4d.24xlarge', 96],
  ['optimal', undefined],
  ['m5', undefined],
])('%s has %s vCPUs', (type, vcpus) => {
  expect(vcpusOf(type)).toBe(vcpus);
});

test.each([
  [['m5.large', 'm5.2xlarge', 'm5.xlarge'], 3, 4],
  [['m5.large'], 3, undefined],
  [['optimal'], 5, 8],
  [[], 1, 2],
])('of %j the smallest for %d vCPUs has %s', (types, vcpus, size) => {
  expect(smallestInstance(types, vcpus)).toBe(size);
});
