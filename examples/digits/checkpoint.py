"""Checkpoints and the model: the twin of checkpoint.mjs, with the same files."""

import base64
import json
import os
import sys

import numpy as np


def write_state(folder, network, epoch, loss):
    """Writes the whole state of a training into a checkpoint's folder."""
    arrays = {
        name: base64.b64encode(values.astype('<f8').tobytes()).decode('ascii')
        for name, values in _named_arrays(network)
    }
    state = {'epoch': epoch, 'loss': loss, 'steps': network.steps, 'arrays': arrays}
    with open(os.path.join(folder, 'state.json'), 'w', encoding='utf-8') as file:
        json.dump(state, file)


def read_state(folder, network):
    """Puts an earlier attempt's state into the network.

    Answers how many epochs it has trained and the loss of the last one; None if the state is of another network.
    """
    path = os.path.join(folder, 'state.json')
    with open(path, encoding='utf-8') as file:
        state = json.load(file)
    loaded = [
        (values, np.frombuffer(base64.b64decode(state['arrays'].get(name, '')), dtype='<f8'))
        for name, values in _named_arrays(network)
    ]
    # the learning rate may have changed since, the shape of the network and the optimizer may not.
    if any(read.size != values.size for values, read in loaded):
        print('%s is of a network of another shape or optimizer: training starts anew' % path, file=sys.stderr)
        return None
    for values, read in loaded:
        values[...] = read.reshape(values.shape)
    network.steps = state['steps']
    return state['epoch'], state['loss']


def save_model(folder, network, options, accuracy):
    """The trained network as a small JSON file: six digits of a weight are more than its recognition needs."""
    weights = {
        name: [float('%.6g' % value) for value in values.ravel()] for name, values in network.weights.items()
    }
    model = {'options': options, 'validation_accuracy': accuracy, 'weights': weights}
    # a reader sees the old file or the new one, never half a file.
    path = os.path.join(folder, 'model.json')
    with open(path + '.tmp', 'w', encoding='utf-8') as file:
        json.dump(model, file)
    os.replace(path + '.tmp', path)


def _named_arrays(network):
    groups = dict(weights=network.weights, **network.moments)
    return [('%s.%s' % (group, name), values) for group, arrays in groups.items() for name, values in arrays.items()]
