"""Lets the nodes of a Ray cluster work for a study: one worker on each node, as long as the study lives. See README.md.

    python3 start_workers.py --study NAME --function ARN          in a Ray cluster: all nodes with GPUs
    python3 start_workers.py --study NAME --function ARN --here   this machine alone, without Ray

One file, since Ray hands it to the nodes as it is: nothing but the client and Ray has to be installed there.
"""

import argparse
import os
import signal
import subprocess
import sys
import time

# a worker that ends so soon has most likely found something wrong with its settings, its credentials or the network.
QUICK_SECONDS = 120
# so many in a row, and it is not started again: by then a minute has passed, or seven where nothing answers.
MOST_QUICK_ENDS = 6
LONGEST_PAUSE = 60
# a worker that was told to leave needs so long at most to hand back its trials.
LEAVING_SECONDS = 130
# how often we look for nodes that are new.
LOOK_SECONDS = 5

# when we are gone, however we went, Linux sends SIGTERM to the worker: else it would work on beside its successor, on
# the same GPUs. 1 is PR_SET_PDEATHSIG.
LEAVES_WITH_US = 'import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15); os.execv(sys.argv[1], sys.argv[1:])'


def parse(arguments):
    # what comes after a double dash is the command of a trial, in place of the one that the study gives.
    at = arguments.index('--') if '--' in arguments else len(arguments)
    parser = argparse.ArgumentParser(description='Lets machines work for a study.', allow_abbrev=False)
    parser.add_argument('--study', required=True, help='name of the study; it must have started')
    parser.add_argument('--function', required=True, help='name or ARN of the worker function: an output of the stack')
    parser.add_argument('--slots', default='auto', help='trials at once on each node; auto: one for each GPU')
    parser.add_argument('--folder', help='where trials get their folders; default: a temporary folder')
    parser.add_argument('--here', action='store_true', help='a worker on this machine, without Ray')
    parser.add_argument('--cpu-nodes', action='store_true', help='nodes without GPUs work too')
    options = parser.parse_args(arguments[:at])
    options.command = arguments[at + 1 :]
    return options


def command(options):
    """What a node runs. Called on the node, whose Python may be elsewhere than ours."""
    words = [sys.executable, '-m', 'cdk_hpo', 'worker']
    words += ['--study', options.study, '--function', options.function, '--slots', options.slots]
    if options.folder:
        words += ['--folder', options.folder]
    return words + (['--'] + options.command if options.command else [])


def environment(given, in_ray):
    """The environment of a worker: CUDA_VISIBLE_DEVICES, which Ray and Slurm set, says which GPUs it has."""
    values = dict(given)
    if in_ray:
        # Ray sets it to all cores of the node, and each trial would take them; the worker shares them out.
        values.pop('OMP_NUM_THREADS', None)
    return values


def tied_to_us(words):
    return [sys.executable, '-c', LEAVES_WITH_US] + words if sys.platform == 'linux' else words


class Restarts:
    """Whether a worker that has ended is started again, and after how many seconds."""

    def __init__(self):
        self._quick_ends = 0

    def pause(self, code, seconds):
        """code: how it ended; seconds: how long it ran. None: it is not started again."""
        if code == 0:
            # the study has ended, or it was told to leave.
            return None
        self._quick_ends = self._quick_ends + 1 if seconds < QUICK_SECONDS else 0
        if self._quick_ends >= MOST_QUICK_ENDS:
            return None
        return min(2**self._quick_ends, LONGEST_PAUSE)


class Keeper:
    """Keeps one worker going on this node."""

    def __init__(self, words, variables):
        self._words = words
        self._variables = variables
        self._child = None
        self._stopped_by = None

    def run(self):
        """Until the worker is not started again. Answers its last exit code."""
        restarts = Restarts()
        while True:
            started_at = time.monotonic()
            code = self._run_once()
            if self._stopped_by is not None:
                return code
            pause = restarts.pause(code, time.monotonic() - started_at)
            if pause is None:
                say('the worker has ended with exit code %d' % code)
                return code
            say('the worker has ended with exit code %d, starting it again in %d s' % (code, pause))
            self._sleep(pause)
            if self._stopped_by is not None:
                return code

    def stop(self, number=signal.SIGTERM):
        """Passes a signal on, and starts no worker any more. A signal handler may call it, so it takes no lock."""
        self._stopped_by = number
        if self._child is not None:
            self._child.send_signal(number)

    def _run_once(self):
        # a session of its own: Ctrl-C in a terminal goes to the whole group, and the worker would get it twice.
        self._child = subprocess.Popen(
            tied_to_us(self._words), env=self._variables, stdin=subprocess.DEVNULL, start_new_session=True
        )
        if self._stopped_by is not None:
            # the signal came while it was started.
            self._child.send_signal(self._stopped_by)
        # a wait() would miss a signal that comes just before the kernel sleeps: Python would run its handler at the end.
        while self._child.poll() is None:
            time.sleep(0.2)
        status = self._child.returncode
        return status if status >= 0 else 128 - status

    def _sleep(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._stopped_by is None:
            time.sleep(0.2)


def say(text):
    print('start_workers: %s' % text, file=sys.stderr, flush=True)


def work_here(options):
    keeper = Keeper(command(options), environment(os.environ, in_ray=False))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: keeper.stop(received))
    return keeper.run()


class NodeWorker:
    """The Ray actor of a node. It holds all that the node has, so that Ray gives the node no other work."""

    def __init__(self, options):
        self._keeper = Keeper(command(options), environment(os.environ, in_ray=True))

    def run(self):
        return self._keeper.run()

    def stop(self):
        self._keeper.stop()


def takes_part(node, cpu_nodes):
    """node: as ray.nodes() has it."""
    return bool(node['Alive'] and (cpu_nodes or node['Resources'].get('GPU')))


def claim(node):
    """What the actor takes of Ray's bookkeeping: all CPUs and GPUs of the node."""
    resources = node['Resources']
    return {'num_cpus': resources.get('CPU', 0), 'num_gpus': resources.get('GPU', 0)}


class Cluster:
    """One NodeWorker on each node, also on those that come later."""

    def __init__(self, ray, strategy, options):
        self._ray = ray
        self._strategy = strategy
        self._options = options
        self._actors = {}
        self._runs = {}
        self._codes = {}
        self._crashes = {}
        self._stop = False

    def stop(self):
        self._stop = True

    def work(self):
        """Until the study has ended. Answers the exit code."""
        while not self._stop:
            # the study has ended for all, as soon as it has for one.
            if 0 not in self._codes.values():
                self._welcome()
            if self._codes and not self._runs:
                break
            self._look(LOOK_SECONDS)
        if self._stop:
            self._leave()
        return 0 if all(code == 0 for code in self._codes.values()) else 1

    def _welcome(self):
        nodes = self._ray.nodes()
        fit = {node['NodeID']: node for node in nodes if takes_part(node, self._options.cpu_nodes)}
        if not fit and not self._actors:
            say('no node has a GPU yet, waiting for one; --cpu-nodes takes the others too')
        for name, node in fit.items():
            if name in self._runs or name in self._codes:
                continue
            say('node %s (%s) joins with %s' % (name[:8], node['NodeManagerAddress'], claim(node)))
            # run() takes one thread of the actor, stop() the other.
            actor = self._ray.remote(NodeWorker).options(
                max_concurrency=2, scheduling_strategy=self._strategy(name, soft=False), **claim(node)
            )
            self._actors[name] = actor.remote(self._options)
            self._runs[name] = self._actors[name].run.remote()

    def _look(self, seconds):
        if not self._runs:
            time.sleep(seconds)
            return
        done, _ = self._ray.wait(list(self._runs.values()), num_returns=1, timeout=seconds)
        for name in [name for name, run in self._runs.items() if run in done]:
            self._end(name, self._runs.pop(name))

    def _end(self, name, run):
        try:
            self._codes[name] = self._ray.get(run)
            say('the worker of node %s has ended with exit code %d' % (name[:8], self._codes[name]))
        except self._ray.exceptions.RayError as error:
            # the node is gone, or the actor alone; then the next look finds the node, and starts another one.
            self._crashes[name] = self._crashes.get(name, 0) + 1
            say('node %s is lost: %s' % (name[:8], type(error).__name__))
            if self._crashes[name] >= MOST_QUICK_ENDS:
                self._codes[name] = 1
        # its CPUs and GPUs are free again for others.
        del self._actors[name]

    def _leave(self):
        say('leaving: the workers hand back their trials')
        for actor in self._actors.values():
            actor.stop.remote()
        until = time.monotonic() + LEAVING_SECONDS
        while self._runs and time.monotonic() < until:
            self._look(1)


def work_in_ray(options):
    try:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
    except ImportError:
        sys.exit('start_workers.py needs Ray (pip install ray), or --here for this machine alone')
    # the cluster that this machine belongs to, or the one that RAY_ADDRESS names.
    ray.init(address='auto')
    cluster = Cluster(ray, NodeAffinitySchedulingStrategy, options)
    # Ray has handlers of its own, which end us at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: cluster.stop())
    try:
        return cluster.work()
    finally:
        ray.shutdown()


def main(arguments):
    options = parse(arguments)
    return work_here(options) if options.here else work_in_ray(options)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
