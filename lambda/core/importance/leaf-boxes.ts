import { Axis } from '../models/random-forest/axis';
import { Tree } from '../models/random-forest/tree';
import { Side, intersection, wholeSide } from './side';

/** Visits the leaves of a tree with the box that each covers. The box is only valid during the visit. */
export function forEachLeaf(
  tree: Tree,
  axes: readonly Axis[],
  visit: (value: number, box: readonly Side[]) => void,
): void {
  const box = axes.map(wholeSide);
  const walk = (node: Tree) => {
    if ('value' in node) {
      visit(node.value, box);
      return;
    }
    const side = box[node.axis];
    const [left, right]: [Side, Side] =
      'threshold' in node
        ? [[[0, node.threshold]], [[node.threshold, 1]]]
        : [node.leftCategories, node.leftCategories.map((marked) => 1 - marked)];
    box[node.axis] = intersection(side, left);
    walk(node.left);
    box[node.axis] = intersection(side, right);
    walk(node.right);
    box[node.axis] = side;
  };
  walk(tree);
}
