"""Stands in for Ray, as far as examples/ray-worker uses it: an actor is an object here, and its calls are threads.

The nodes are what the file STUB_NODES holds when they are asked for: JSON, as ray.nodes() answers. The actor of a node
whose name begins with `frail` dies the first time.
"""

import concurrent.futures
import json
import os

from ray import exceptions

_pool = concurrent.futures.ThreadPoolExecutor(16)
_died = set()


def init(address):
    print('init', address, flush=True)


def shutdown():
    print('shutdown', flush=True)


def nodes():
    with open(os.environ['STUB_NODES'], encoding='utf-8') as file:
        return json.load(file)


def wait(references, num_returns, timeout):
    assert num_returns == 1
    done, rest = concurrent.futures.wait(references, timeout, concurrent.futures.FIRST_COMPLETED)
    return list(done)[:1], list(rest)


def get(reference):
    return reference.result()


def remote(kind):
    return _Kind(kind, {})


class _Kind:
    def __init__(self, kind, options):
        self._kind = kind
        self._options = options

    def options(self, **options):
        return _Kind(self._kind, options)

    def remote(self, *arguments):
        strategy = self._options.pop('scheduling_strategy')
        print('actor', strategy.node_id, json.dumps(self._options, sort_keys=True), flush=True)
        return _Actor(strategy.node_id, self._kind(*arguments))


class _Actor:
    def __init__(self, node, target):
        self._node = node
        self._target = target

    def __getattr__(self, name):
        return _Method(self._node, getattr(self._target, name))


class _Method:
    def __init__(self, node, method):
        self._node = node
        self._method = method

    def remote(self):
        return _pool.submit(self._call)

    def _call(self):
        if self._node.startswith('frail') and self._node not in _died:
            _died.add(self._node)
            raise exceptions.ActorDiedError()
        return self._method()
