import * as fc from 'fast-check';
import { ParameterDefinition, ParameterValue, SearchSpaceDefinition } from '../../lib/contract/search-space';

const number = (min: number, max: number) =>
  fc.double({ min, max, noNaN: true }).map((x) => (Math.abs(x) < 1e-100 ? 0 : x));

const value: fc.Arbitrary<ParameterValue> = fc.oneof(
  fc.string({ maxLength: 8 }).filter((text) => !text.trimStart().startsWith('{%')),
  fc.integer({ min: -100, max: 100 }),
  number(-1e6, 1e6),
  fc.boolean(),
);

const values = (maxLength: number) => fc.uniqueArray(value, { minLength: 1, maxLength, selector: String });

const continuous = fc.oneof(
  fc
    .tuple(number(-1e6, 1e6), number(1e-3, 1e6))
    .map(([min, span]) => ({ type: 'continuous', min, max: min + span, scaling: 'linear' }) as const),
  fc
    .tuple(number(-8, 2), number(0.01, 6))
    .map(([a, b]) => ({ type: 'continuous', min: 10 ** a, max: 10 ** (a + b), scaling: 'logarithmic' }) as const),
  fc.tuple(number(0.05, 6), number(0, 0.99)).map(([a, part]) => {
    const max = 1 - 10 ** -a;
    return { type: 'continuous', min: max * part, max, scaling: 'reverseLogarithmic' } as const;
  }),
);

const integer = (maxSpan: number) =>
  fc.oneof(
    fc
      .tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 1, max: maxSpan }))
      .map(([min, span]) => ({ type: 'integer', min, max: min + span, scaling: 'linear' }) as const),
    fc
      .tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: maxSpan }))
      .map(([min, span]) => ({ type: 'integer', min, max: min + span, scaling: 'logarithmic' }) as const),
  );

const categorical = (maxValues: number) =>
  values(maxValues).map((all) => ({ type: 'categorical', values: all }) as const);

const ordinal = (maxValues: number) =>
  fc
    .uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: maxValues })
    .map((all) => ({ type: 'ordinal', values: all.sort((a, b) => a - b) }) as const);

const constant = value.map((only) => ({ type: 'constant', value: only }) as const);

/** What a condition on the parameter may ask for; none for a continuous one. */
export function possibleValues(parameter: ParameterDefinition): ParameterValue[] {
  switch (parameter.type) {
    case 'continuous':
      return [];
    case 'integer':
      return Array.from({ length: Math.min(parameter.max - parameter.min + 1, 8) }, (_, i) => parameter.min + i);
    case 'categorical':
    case 'ordinal':
      return parameter.values;
    case 'constant':
      return [parameter.value];
  }
}

/** Valid search spaces: all types and scalings, conditions nested to any depth, parents before or after children. */
export function searchSpaces(
  options: { maxParameters?: number; small?: boolean } = {},
): fc.Arbitrary<SearchSpaceDefinition> {
  const { maxParameters = 8, small = false } = options;
  const parameter = small
    ? fc.oneof(continuous, integer(2), categorical(3), ordinal(3), constant)
    : fc.oneof(continuous, integer(1_000_000), categorical(6), ordinal(6), constant);
  const condition = fc.record({
    conditional: fc.boolean(),
    parent: fc.nat(),
    mask: fc.integer({ min: 1, max: 255 }),
    position: fc.nat(),
    suffix: fc.constantFrom('', '_x', '.y', '-z', ':0'),
  });
  return fc.array(fc.tuple(parameter, condition), { minLength: 1, maxLength: maxParameters }).map((drawn) => {
    const space: ParameterDefinition[] = [];
    drawn.forEach(([base, { conditional, parent, mask, suffix }], i) => {
      const parents = space.filter((candidate) => candidate.type !== 'continuous');
      const named = { ...base, name: `p${i}${suffix}` };
      if (!conditional || parents.length === 0) {
        space.push(named);
        return;
      }
      const chosen = parents[parent % parents.length];
      const all = possibleValues(chosen);
      const some = all.filter((_, bit) => (mask >> bit) & 1);
      space.push({
        ...named,
        activeWhen: { parameter: chosen.name, values: some.length > 0 ? some : all.slice(0, 1) },
      });
    });
    const position = new Map(space.map((one, i) => [one, drawn[i][1].position]));
    return space.sort((a, b) => position.get(a)! - position.get(b)!);
  });
}

/** A point of the unit cube of this many dimensions. */
export function points(dimension: number): fc.Arbitrary<number[]> {
  return fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
    minLength: dimension,
    maxLength: dimension,
  });
}
