/** A regression tree: leaves hold the mean of their points. */
export type Tree = Leaf | OrderedSplit | CategorySplit;

export interface Leaf {
  readonly value: number;
}

/** Points at or below the threshold go left. */
export interface OrderedSplit {
  readonly axis: number;
  readonly threshold: number;
  readonly left: Tree;
  readonly right: Tree;
}

/** Categories marked by 1 go left. */
export interface CategorySplit {
  readonly axis: number;
  readonly leftCategories: Uint8Array;
  readonly left: Tree;
  readonly right: Tree;
}

/** The tree's value at a point, given by its coordinate on each axis. */
export function predictTree(tree: Tree, point: ArrayLike<number>): number {
  let node = tree;
  while (!('value' in node)) {
    const coordinate = point[node.axis];
    const goesLeft = 'threshold' in node ? coordinate <= node.threshold : node.leftCategories[coordinate] === 1;
    node = goesLeft ? node.left : node.right;
  }
  return node.value;
}
