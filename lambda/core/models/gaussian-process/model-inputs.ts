import { Configuration, ParameterDefinition } from '../../../../lib/contract/search-space';
import { cardinality, decode, encode } from '../../space/parameter-codec';
import { SearchSpace } from '../../space/search-space';

/** Numeric parameters with at most so many values are tried value by value, not along a gradient. */
const MAX_LEVELS = 24;

/** One coordinate of the model: a parameter that can vary. */
export interface ModelDimension {
  readonly parameter: ParameterDefinition;
  /** Categories are equal or not; a coordinate is the category's number. Others lie in the unit interval. */
  readonly isCategorical: boolean;
  /** The coordinates of all values, if they are few; undefined for what is searched along a gradient. */
  readonly levels: readonly number[] | undefined;
}

/** Where a numeric parameter that isn't active is placed: the middle, as far from no value as need be. */
const INACTIVE_POSITION = 0.5;
const INACTIVE_CATEGORY = -1;

/** Configurations as points of the model: constants are left out, inactive parameters are filled in. */
export class ModelInputs {
  readonly dimensions: readonly ModelDimension[];

  constructor(readonly space: SearchSpace) {
    this.dimensions = space.parameters.filter((parameter) => cardinality(parameter) > 1).map(dimensionOf);
  }

  get size(): number {
    return this.dimensions.length;
  }

  toPoint(configuration: Configuration): Float64Array {
    return Float64Array.from(this.dimensions, ({ parameter, isCategorical }) => {
      if (!Object.hasOwn(configuration, parameter.name)) return isCategorical ? INACTIVE_CATEGORY : INACTIVE_POSITION;
      const value = configuration[parameter.name];
      return isCategorical && 'values' in parameter ? parameter.values.indexOf(value) : encode(parameter, value);
    });
  }

  /** The configuration nearest to a point: integers and levels rounded, what isn't active left out. */
  toConfiguration(point: ArrayLike<number>): Configuration {
    const configuration: Configuration = {};
    let i = 0;
    for (const parameter of this.space.parameters) {
      const dimension = this.dimensions[i]?.parameter === parameter ? this.dimensions[i] : undefined;
      if (this.space.isActive(parameter, configuration)) {
        configuration[parameter.name] = dimension === undefined ? decode(parameter, 0.5) : valueAt(dimension, point[i]);
      }
      if (dimension !== undefined) i++;
    }
    return configuration;
  }

  /** A point of the unit cube over all parameters of the space, as a point of the model. */
  fromUnitCube(point: ArrayLike<number>): Float64Array {
    return this.toPoint(this.space.decode(point));
  }

  /** Moves a point to the place of its configuration, in place. */
  snap(point: Float64Array): Float64Array {
    point.set(this.toPoint(this.toConfiguration(point)));
    return point;
  }
}

function dimensionOf(parameter: ParameterDefinition): ModelDimension {
  const isCategorical = parameter.type === 'categorical';
  const count = cardinality(parameter);
  const levels = Array.from({ length: count <= MAX_LEVELS ? count : 0 }, (_, i) => {
    if (isCategorical) return i;
    return encode(
      parameter,
      parameter.type === 'ordinal' ? parameter.values[i] : (parameter as { min: number }).min + i,
    );
  });
  // many categories are still gone through one by one: there is no gradient along them.
  const all = isCategorical ? Array.from({ length: count }, (_, i) => i) : levels;
  return { parameter, isCategorical, levels: all.length > 0 ? all : undefined };
}

function valueAt({ parameter, isCategorical }: ModelDimension, coordinate: number) {
  if (!isCategorical || !('values' in parameter)) return decode(parameter, Math.min(Math.max(coordinate, 0), 1));
  return parameter.values[Math.min(Math.max(Math.round(coordinate), 0), parameter.values.length - 1)];
}
