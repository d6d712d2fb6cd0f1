"""Carries a study's best learning rate over to a wide model and trains that: muTransfer. See README.md."""

import argparse
import json
import sys

import train

# muP keeps the best values of the first two the same at all widths. Weight decay is regularization, of which the theory
# promises nothing: its best value depends on the data too, so what the study found is a first guess.
CARRIED_OVER = ('learning_rate', 'warmup_ratio', 'weight_decay')


def best_hyperparameters(result):
    """From the output of a study's execution."""
    best = result.get('best')
    if not best:
        sys.exit('the result has no best trial: %s' % (result.get('reason') or 'it is not the output of a study'))
    found = {name: best['hyperparameters'][name] for name in CARRIED_OVER if name in best['hyperparameters']}
    if 'learning_rate' not in found:
        sys.exit('the best trial has no learning_rate: %s' % json.dumps(best['hyperparameters']))
    return found


def main(args):
    parser = argparse.ArgumentParser(description='Trains the wide model.', allow_abbrev=False)
    parser.add_argument('result', help="the study's result as a JSON file; - for the standard input")
    parser.add_argument('--width', type=int, default=768, help='of the wide model')
    parser.add_argument('--dry_run', action='store_true', help='only prints how train.py would be called')
    options, more = parser.parse_known_args(args)
    if options.result == '-':
        result = json.load(sys.stdin)
    else:
        with open(options.result, encoding='utf-8') as file:
            result = json.load(file)
    command = ['--width', str(options.width)]
    for name, value in best_hyperparameters(result).items():
        command += ['--' + name, str(value)]
    # what train.py takes besides, such as --base_width, if the study had others than its defaults.
    command += more
    print('train.py ' + ' '.join(command), flush=True)
    if not options.dry_run:
        train.main(command)


if __name__ == '__main__':
    main(sys.argv[1:])
