"""The arithmetic of maximal update parametrization (muP), from shapes alone. Plain Python, no torch.

A model is made at three widths: base, delta and target. Dimensions in which base and delta differ are those that grow
with the width: muP calls them infinite. How much wider the target is there is its width multiplier m. Each parameter is
of one of four kinds, and each kind has its rules for Adam:

    kind     infinite dimensions                init        learning rate   weight decay   forward pass
    hidden   two: what comes in and goes out    / √m        / m             × m            as it is
    output   one: what comes in                 zero        as it is        as it is       / m
    input    one: what goes out; vectors too    as it is    as it is        as it is       as it is
    fixed    none                               as it is    as it is        as it is       as it is

These are the rules of table 8 in "Tensor Programs V" (Yang and others, 2022, arXiv:2203.03466), relative to the base:
at the base width every factor is 1, and the model an ordinary one but for its last layer, which starts at zero. The
weight decay is that of torch's AdamW, which multiplies it by the learning rate: the factor m keeps their product the
same at all widths.
"""

import collections
import math

HIDDEN = 'hidden'
OUTPUT = 'output'
INPUT = 'input'
FIXED = 'fixed'

# what to do with one parameter: each field but the kind is a factor.
Rule = collections.namedtuple('Rule', ['kind', 'width', 'init', 'learning_rate', 'weight_decay', 'forward'])


def infinite_dims(base, delta):
    """For each dimension, whether it grows with the width."""
    if len(base) != len(delta):
        raise ValueError('base %s and delta %s must have as many dimensions' % (base, delta))
    return tuple(left != right for left, right in zip(base, delta))


def rule(base, delta, target, table=False):
    """The rule of one parameter, by its shapes at the three widths.

    Shapes are as torch has them: what goes out is dimension 0, what comes in is dimension 1.

    table: True for tables of vectors, such as nn.Embedding, where dimension 1 is what goes out.
    """
    infinite = infinite_dims(base, delta)
    if len(target) != len(base):
        raise ValueError('base %s and target %s must have as many dimensions' % (base, target))
    for size, wanted, grows in zip(base, target, infinite):
        if not grows and size != wanted:
            raise ValueError(
                'from base %s to target %s a dimension changes that is the same in delta %s: '
                'change nothing but the width' % (base, target, delta)
            )
    places = [place for place, grows in enumerate(infinite) if grows]
    if len(places) > 2 or (len(places) == 2 and places != [0, 1]):
        raise ValueError('%s: only dimensions 0 and 1 of a parameter may grow together' % (base,))
    if not places:
        return Rule(FIXED, 1.0, 1.0, 1.0, 1.0, 1.0)
    if len(places) == 2:
        width = target[1] / base[1]
        return Rule(HIDDEN, width, 1 / math.sqrt(width), 1 / width, width, 1.0)
    width = target[places[0]] / base[places[0]]
    if places == [1] and not table:
        return Rule(OUTPUT, width, 0.0, 1.0, 1.0, 1 / width)
    return Rule(INPUT, width, 1.0, 1.0, 1.0, 1.0)


def rules(base, delta, target, tables=()):
    """The rules of all parameters. base, delta, target: shapes by name. tables: names of tables of vectors."""
    for name, shapes in (('delta', delta), ('target', target)):
        odd = sorted(set(base) ^ set(shapes))
        if odd:
            raise ValueError('base and %s must have the same parameters, not so: %s' % (name, ', '.join(odd)))
    return {name: rule(base[name], delta[name], target[name], name in tables) for name in base}


def attention_scale(head_dim, base_head_dim):
    """What queries times keys are multiplied by: 1/d instead of 1/√d, and the usual 1/√d at the base width."""
    return math.sqrt(base_head_dim) / head_dim
