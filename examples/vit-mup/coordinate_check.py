"""Checks that muP is in place: what the layers hold must not grow with the width while the model learns.

Trains a few steps at several widths, in muP and as an ordinary ViT, and prints how large the outputs become. In muP
they stay about the same; else they grow with the width, at the same learning rate.
"""

import argparse
import sys

import train

WIDTHS = (1, 4, 16)


def size_of_logits(factor, mup, steps, learning_rate):
    """Mean absolute value of the logits after some steps at so many times the base width."""
    import torch
    import transformers

    import data
    import mup_model

    options = train.parse_options(['--smoke'])
    options.labels = data.LABELS
    options.width = factor * options.base_width
    # a model that is its own base is an ordinary one.
    if not mup:
        options.base_width = options.width
    transformers.set_seed(0)
    images = data.stripes(options.image_size)[0]
    batch = torch.utils.data.default_collate([images[index] for index in range(64)])
    model, rules = mup_model.build(options)
    optimizer = torch.optim.AdamW(mup_model.parameter_groups(model, rules, learning_rate, 0.0))
    for _ in range(steps):
        optimizer.zero_grad()
        model(**batch).loss.backward()
        optimizer.step()
    with torch.no_grad():
        return model(pixel_values=batch['pixel_values']).logits.abs().mean().item()


def main(args):
    parser = argparse.ArgumentParser(description='Coordinate check of muP.')
    parser.add_argument('--steps', type=int, default=3)
    parser.add_argument('--learning_rate', type=float, default=3e-3)
    options = parser.parse_args(args)
    for mup in (True, False):
        sizes = [size_of_logits(factor, mup, options.steps, options.learning_rate) for factor in WIDTHS]
        shown = '  '.join('%d times: %.4f' % pair for pair in zip(WIDTHS, sizes))
        print('%-9s %s' % ('muP' if mup else 'ordinary', shown))


if __name__ == '__main__':
    main(sys.argv[1:])
