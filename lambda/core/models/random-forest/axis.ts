/**
 * A coordinate that trees split on. A point of an ordered axis lies in 0 <= u <= 1; on an axis of categories it is the
 * category's index.
 */
export type Axis =
  | {
      readonly kind: 'ordered';
      /** A place between two neighbouring points; without it, their middle. Discrete values end where their cells do. */
      readonly cut?: (below: number, above: number) => number;
    }
  | { readonly kind: 'categories'; readonly count: number };

/** The points that trees are grown on: one column for each axis. */
export type Columns = readonly Float64Array[];
