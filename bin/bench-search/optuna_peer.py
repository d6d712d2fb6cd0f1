"""Optuna as a program of the benchmark's ask/tell protocol (docs/ask-tell.md), to measure it beside ours in the same run.

    pip install optuna        # gp: torch and scipy, too; cmaes: cmaes, too
    npm run bench:search -- --suites mf-dev --workers 4 --optimizer 'python3 bin/bench-search/optuna_peer.py' \
        --name optuna-median --algo random --algo-options '{"pruner": "median"}'

algo: random, tpe (auto is the same), gp or cmaes, at Optuna's defaults. options: "pruner" (median, successiveHalving,
hyperband, none) and the keyword arguments of that pruner, "n_startup_trials" and so on.
"""

import json
import logging
import sys
import warnings

import optuna

SAMPLERS = {
    # its default.
    'auto': optuna.samplers.TPESampler,
    'random': optuna.samplers.RandomSampler,
    'tpe': optuna.samplers.TPESampler,
    'gp': optuna.samplers.GPSampler,
    'cmaes': optuna.samplers.CmaEsSampler,
}
PRUNERS = {
    'median': optuna.pruners.MedianPruner,
    'successiveHalving': optuna.pruners.SuccessiveHalvingPruner,
    'hyperband': optuna.pruners.HyperbandPruner,
    'none': optuna.pruners.NopPruner,
}


class Peer:
    def init(self, message):
        settings = dict(message.get('options') or {})
        pruner = PRUNERS[settings.pop('pruner', 'none')](**settings)
        sampler = SAMPLERS[message.get('algo') or 'auto'](seed=message['seed'])
        self._study = optuna.create_study(sampler=sampler, pruner=pruner, direction=message.get('direction', 'minimize'))
        self._params = message['space']['params']
        self._running = {}
        return {'ok': True, 'inject': False}

    def ask(self, message):
        return {'trials': [self._ask() for _ in range(message.get('n', 1))]}

    def _ask(self):
        trial = self._study.ask()
        config = {}
        for param in self._params:
            parent = param.get('activeIf')
            if parent is None or config.get(parent['param']) in parent['in']:
                config[param['name']] = suggest(trial, param)
        self._running[trial.number] = trial
        return {'id': trial.number, 'config': config}

    def report(self, message):
        trial = self._running[message['id']]
        trial.report(message['value'], message['step'])
        return {'decision': 'stop' if trial.should_prune() else 'continue'}

    def tell(self, message):
        for result in message['results']:
            trial = self._running.pop(result['id'])
            if result.get('status') == 'stopped':
                self._study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            else:
                self._study.tell(trial, result['value'])
        return {'ok': True}


def suggest(trial, param):
    name, kind = param['name'], param['type']
    if kind == 'cat':
        return trial.suggest_categorical(name, param['choices'])
    draw = trial.suggest_float if kind == 'float' else trial.suggest_int
    return draw(name, param['low'], param['high'], log=bool(param.get('log')))


def main():
    optuna.logging.set_verbosity(logging.ERROR)
    warnings.simplefilter('ignore')
    peer = Peer()
    operations = {'init': peer.init, 'ask': peer.ask, 'report': peer.report, 'tell': peer.tell}
    for line in sys.stdin:
        message = json.loads(line)
        if message['op'] == 'bye':
            return
        try:
            reply = operations[message['op']](message)
        except Exception as error:  # the benchmark prints it, and fails the run.
            reply = {'error': '%s: %s' % (type(error).__name__, error)}
        print(json.dumps(reply), flush=True)


if __name__ == '__main__':
    main()
