import { Block, philox4x32 } from '../../../../lambda/core/random/philox';

// kat_vectors of Random123, the authors' own library.
const KNOWN_ANSWERS: [string, Block, [number, number], Block][] = [
  ['zeros', [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  [
    'ones',
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    'the digits of pi',
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

test.each(KNOWN_ANSWERS)('gives the published answer for %s', (_, counter, key, answer) => {
  expect(philox4x32(counter, key)).toEqual(answer);
});

test('leaves its counter and key as they are', () => {
  const counter: Block = [1, 2, 3, 4];
  const key: [number, number] = [5, 6];

  philox4x32(counter, key);

  expect([counter, key]).toEqual([
    [1, 2, 3, 4],
    [5, 6],
  ]);
});
