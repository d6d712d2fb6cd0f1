"""Trains a classifier of handwritten digits: the twin of train.mjs. See README.md."""

import math
import os
import sys

# before NumPy is loaded: a trial has one core, and threads on matrices this small cost ten times what they bring.
os.environ.setdefault('OMP_NUM_THREADS', '1')
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')

from checkpoint import read_state, save_model, write_state
from data import read_digits
from network import Network
from options import parse_options

try:
    import cdk_hpo  # lies beside this file in a training job
except ImportError:
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'client', 'python'))
    import cdk_hpo


def main():
    options = parse_options(sys.argv[1:])
    training, validation = read_digits()
    network = Network(training[0].shape[1], options)

    latest = cdk_hpo.latest_checkpoint()
    epoch, loss = (latest and read_state(latest.folder, network)) or (0, math.nan)
    accuracy = network.accuracy(*validation)
    last_epoch = cdk_hpo.max_resource(options['epochs'])
    if epoch > 0:
        print('continuing after epoch %d' % epoch)
    if epoch >= last_epoch:
        # the earlier attempt ended between its last checkpoint and the report of it.
        cdk_hpo.report(epoch, validation_accuracy=accuracy, training_loss=loss)
    while epoch < last_epoch:
        epoch += 1
        loss = network.train_epoch(*training, epoch)
        # a network without numbers recognizes nothing, though it would always answer the first digit.
        accuracy = network.accuracy(*validation) if math.isfinite(loss) else math.nan
        # save before the report: it may end the program, and a paused trial goes on from here.
        if math.isfinite(loss):
            with cdk_hpo.checkpoint(epoch) as folder:
                write_state(folder, network, epoch, loss)
        cdk_hpo.report(epoch, validation_accuracy=accuracy, training_loss=loss)
        if not math.isfinite(loss):
            print('the training diverged at epoch %d: try a smaller learning_rate' % epoch, file=sys.stderr)
            return

    save_model(cdk_hpo.model_dir(), network, options, accuracy)


if __name__ == '__main__':
    main()
