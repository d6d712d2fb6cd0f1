"""Reads the digits that prepare-data.mjs wrote: the twin of data.mjs."""

import json
import os

import numpy as np


def read_digits():
    """(images, labels) for training and for validation. The test part is for whoever has chosen a model."""
    folder = os.environ.get('SM_CHANNEL_DIGITS') or os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data')
    description = os.path.join(folder, 'digits.json')
    if not os.path.exists(description):
        raise FileNotFoundError('no digits in %s: run node examples/digits/prepare-data.mjs first' % folder)
    with open(description, encoding='utf-8') as file:
        counts = json.load(file)
    pixels = counts['side'] ** 2
    training, validation = counts['training'], counts['validation']
    total = training + validation + counts['test']
    content = np.fromfile(os.path.join(folder, 'digits.bin'), dtype=np.uint8)
    images = content[: total * pixels].reshape(total, pixels)
    labels = content[total * pixels :]

    def part(start, end):
        return images[start:end] / 255.0, labels[start:end].astype(np.int64)

    return part(0, training), part(training, training + validation)
