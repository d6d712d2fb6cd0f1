"""The hyperparameters and their defaults: the twin of options.mjs."""

import argparse
import math

DEFAULTS = {
    'learning_rate': 0.01,
    'hidden_units': 32,
    'batch_size': 32,
    'optimizer': 'sgd',
    'momentum': 0.9,
    'weight_decay': 0,
    'epochs': 8,
}

POSITIVE_INTEGERS = ('hidden_units', 'batch_size', 'epochs')
OPTIMIZERS = ('sgd', 'adam')


def parse_options(args):
    """Reads `--name value`. `momentum` only counts for the optimizer sgd."""
    parser = argparse.ArgumentParser(description='Trains a classifier of handwritten digits.', allow_abbrev=False)
    for name, default in DEFAULTS.items():
        if name == 'optimizer':
            parser.add_argument('--' + name, default=default, choices=OPTIMIZERS)
        else:
            kind = _positive_integer if name in POSITIVE_INTEGERS else _number
            parser.add_argument('--' + name, default=default, type=kind)
    return vars(parser.parse_args(args))


def _positive_integer(text):
    value = float(text)
    if not (value.is_integer() and value > 0):
        raise argparse.ArgumentTypeError('must be a positive integer, got %s' % text)
    return int(value)


def _number(text):
    value = float(text)
    if not (value >= 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError('must be a number of at least 0, got %s' % text)
    return value
