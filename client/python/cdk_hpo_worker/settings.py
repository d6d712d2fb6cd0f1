"""What the worker is to do, from its command line and its environment."""

import collections
import json
import math
import os
import secrets
import socket

from cdk_hpo_worker import devices

DEFAULT_GRACE_SECONDS = 30
DEFAULT_CHECKPOINT_SECONDS = 15

Settings = collections.namedtuple(
    'Settings', 'function study slots max_seconds folder command host_name grace_seconds checkpoint_seconds'
)


class SettingsError(Exception):
    """The worker cannot work as it was started, and the message says what to do."""


def read(arguments, command, environment):
    def given(name):
        return getattr(arguments, name) or environment.get('CDK_HPO_WORKER_' + name.upper()) or None

    for name, example in (('function', 'the name or ARN of the worker function'), ('study', 'the name of the study')):
        if not given(name):
            variable = 'CDK_HPO_WORKER_' + name.upper()
            raise SettingsError('give --%s or set %s: %s' % (name, variable, example))
    return Settings(
        function=given('function'),
        study=given('study'),
        slots=_share(_slots(given('slots') or 'auto'), environment.get('CDK_HPO_WORKER_SLOTS_OF_ALL_HOSTS')),
        max_seconds=_positive('--max-seconds', given('max_seconds')),
        folder=given('folder'),
        command=command or _command(environment.get('CDK_HPO_WORKER_COMMAND')),
        host_name=host_name(),
        grace_seconds=grace_seconds(environment, DEFAULT_GRACE_SECONDS),
        checkpoint_seconds=checkpoint_seconds(environment),
    )


def grace_seconds(environment, default):
    """How long a trial that got SIGTERM has until SIGKILL."""
    name = 'CDK_HPO_WORKER_GRACE_SECONDS'
    return _positive(name, environment.get(name)) or default


def checkpoint_seconds(environment):
    """How often checkpoints are uploaded while a trial runs."""
    name = 'CDK_HPO_WORKER_CHECKPOINT_SECONDS'
    return _positive(name, environment.get(name)) or DEFAULT_CHECKPOINT_SECONDS


def base_folder():
    """Where SageMaker has put the input of the job that this worker is a host of."""
    return os.environ.get('SAGEMAKER_BASE_DIR') or '/opt/ml'


def read_host_config(name):
    """A file of the host's input/config, or {} where there is none."""
    try:
        with open(os.path.join(base_folder(), 'input', 'config', name), encoding='utf-8') as file:
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def host_name():
    job, current = os.environ.get('TRAINING_JOB_NAME'), read_host_config('resourceconfig.json').get('current_host')
    if job and current:
        return '%s/%s' % (job, current)
    # containers may share the name of their machine, and each has a process 1.
    return '%s/%d-%s' % (socket.gethostname(), os.getpid(), secrets.token_hex(3))


def write_failure(text):
    """Says where SageMaker looks for it why the host's job failed."""
    folder = os.path.join(base_folder(), 'output')
    if not os.path.isdir(folder):
        return
    try:
        with open(os.path.join(folder, 'failure'), 'w', encoding='utf-8') as file:
            file.write(text[:1024])
    except OSError:
        # stderr says the same.
        pass


def _slots(text):
    if text == 'auto':
        return max(1, len(devices.visible_gpus()))
    if not text.isdigit() or int(text) < 1:
        raise SettingsError('--slots must be an integer of at least 1, or auto, got %r' % text)
    return int(text)


def _share(slots, of_all):
    """The slots of this host, of all that the hosts of its job have together: where they don't divide, the first hosts have more."""
    config = read_host_config('resourceconfig.json')
    hosts = sorted(config.get('hosts') or [])
    if not of_all or config.get('current_host') not in hosts:
        return slots
    share, rest = divmod(_slots(of_all), len(hosts))
    return max(1, min(slots, share + (hosts.index(config['current_host']) < rest)))


def _positive(name, text):
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise SettingsError('%s must be a positive number of seconds, got %r' % (name, text))
    return number


def _command(text):
    if not text:
        return None
    try:
        words = json.loads(text)
    except ValueError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise SettingsError('CDK_HPO_WORKER_COMMAND must be a JSON list of words, such as ["python3", "train.py"]')
    return words
