"""The network and its training: the twin of network.mjs."""

import numpy as np

from counter_random import shuffled, uniform

SEED = 1
CLASSES = 10
# streams of random numbers: two for the weights, then one for the order of each epoch.
EPOCH_STREAM = 2
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Network:
    """A network with one hidden layer of rectified linear units, trained on the cross-entropy of its softmax."""

    def __init__(self, pixels, options):
        hidden = options['hidden_units']
        self.options = options
        self.steps = 0
        self.weights = {
            'hidden': uniform(SEED, 0, pixels * hidden, np.sqrt(6 / pixels)).reshape(pixels, hidden),
            'hiddenBias': np.zeros(hidden),
            'output': uniform(SEED, 1, hidden * CLASSES, np.sqrt(6 / (hidden + CLASSES))).reshape(hidden, CLASSES),
            'outputBias': np.zeros(CLASSES),
        }
        names = ('first', 'second') if options['optimizer'] == 'adam' else ('first',)
        self.moments = {
            moment: {name: np.zeros_like(values) for name, values in self.weights.items()} for moment in names
        }

    def train_epoch(self, images, labels, epoch):
        """Trains on all digits once, in an order of the epoch's own; answers the mean loss."""
        order = shuffled(SEED, EPOCH_STREAM + epoch, len(labels))
        size = self.options['batch_size']
        loss = 0.0
        # a network may diverge; that shows as NaN in the loss and needs no warnings on the way.
        with np.errstate(all='ignore'):
            for start in range(0, len(order), size):
                batch = order[start : start + size]
                loss += self._learn(images[batch], labels[batch])
        return loss / len(order)

    def accuracy(self, images, labels):
        """The share of digits that the network recognizes."""
        with np.errstate(all='ignore'):
            _, scores = self._forward(images)
        return int(np.sum(np.argmax(scores, axis=1) == labels)) / len(labels)

    def _forward(self, images):
        weights = self.weights
        units = np.maximum(images @ weights['hidden'] + weights['hiddenBias'], 0)
        return units, units @ weights['output'] + weights['outputBias']

    def _learn(self, images, labels):
        """One step on a batch; answers the sum of its losses."""
        units, scores = self._forward(images)
        rows = np.arange(len(labels))
        top = scores.max(axis=1)
        errors = np.exp(scores - top[:, None])
        total = errors.sum(axis=1)
        loss = np.sum(np.log(total) + top - scores[rows, labels])
        errors /= total[:, None]
        errors[rows, labels] -= 1
        errors /= len(labels)
        back = (errors @ self.weights['output'].T) * (units != 0)
        self._step(
            {
                'hidden': images.T @ back,
                'hiddenBias': back.sum(axis=0),
                'output': units.T @ errors,
                'outputBias': errors.sum(axis=0),
            }
        )
        return float(loss)

    def _step(self, gradient):
        """One step of the optimizer. Weight decay is decoupled from the gradient and spares the biases."""
        rate = self.options['learning_rate']
        self.steps += 1
        for name, values in self.weights.items():
            first = self.moments['first'][name]
            if self.options['optimizer'] == 'adam':
                second = self.moments['second'][name]
                first += (1 - BETA1) * (gradient[name] - first)
                second += (1 - BETA2) * (gradient[name] ** 2 - second)
                unbiased = np.sqrt(second / (1 - BETA2**self.steps))
                change = rate / (1 - BETA1**self.steps) * first / (unbiased + EPSILON)
            else:
                first *= self.options['momentum']
                first += gradient[name]
                change = rate * first
            if not name.endswith('Bias'):
                values *= 1 - rate * self.options['weight_decay']
            values -= change
