"""Reports metrics from training code to a cdk-hpo study and hears whether to go on.

One file, Python 3.8 or newer, standard library only (on AWS it uses boto3, which every SageMaker image has).

    import cdk_hpo

    latest = cdk_hpo.latest_checkpoint()
    trained = latest.resource if latest else 0
    if latest:
        load(latest.folder)
    for epoch in range(trained + 1, cdk_hpo.max_resource(epochs) + 1):
        train_one_epoch()
        with cdk_hpo.checkpoint(epoch) as folder:
            save(folder)
        cdk_hpo.report(epoch, validation_accuracy=accuracy, loss=loss)

Save before you report: when the study stops or pauses the trial, `report` ends the program (exit code 0), and a paused
trial later continues from its checkpoint.

Outside a study nothing is sent and `report` answers 'continue', so the same script runs by hand. Every report prints
one line, which the metric definitions of a SageMaker training job read:

    [cdk-hpo] resource=3 validation_accuracy=0.91 loss=0.4

In a distributed job only the first process reports, so only it hears the decision. Let all processes call
`report(..., all_ranks=True)` to have torch.distributed hand the decision on, or end them in your own way.

A report that cannot be delivered never ends the training: it is tried again for a short while, then the loss of the
report is written to stderr and the training goes on.

`python -m cdk_hpo worker` runs the trials of a study on this machine, where the package cdk_hpo_worker is installed.
"""

import collections
import contextlib
import enum
import json
import math
import numbers
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

__all__ = [
    'Checkpoint',
    'Decision',
    'TrialStopped',
    'checkpoint',
    'checkpoint_dir',
    'hugging_face_callback',
    'hyperparameters',
    'in_study',
    'keras_callback',
    'latest_checkpoint',
    'max_resource',
    'model_dir',
    'report',
    'should_pause',
    'should_stop',
    'watch_sigterm',
    'xgboost_callback',
]

_TRIES = 4
_FIRST_DELAY = 0.5
_CALL_TIMEOUT = 10
_REPORT_TIMEOUT = 30
# after this many lost reports in a row each further one is tried once only: an unreachable study must not slow a
# training that may run for hours.
_PATIENCE = 2

_METRIC_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_.:/@-]{0,254}')
_INTEGER = re.compile(r'-?(0|[1-9][0-9]*)')
_FLOAT = re.compile(r'[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?')

# lists the files of a checkpoint with their sizes: it is written last, and the checkpoint is whole if all are there.
_MANIFEST = 'cdk-hpo-checkpoint.json'
_SAVED = re.compile(r'resource-.+-save-([1-9][0-9]*)')
_DRAFT_PREFIX = '.writing-'
# so close to a rung counts as that rung: powers of a factor are not exact.
_TOLERANCE = 1e-9


class Decision(str, enum.Enum):
    """The study's answer to a report. Compares equal to its text: `decision == 'stop'`."""

    CONTINUE = 'continue'
    STOP = 'stop'
    PAUSE = 'pause'

    def __str__(self):
        return self.value


class TrialStopped(SystemExit):
    """Raised by `report` when the trial ends here. As a SystemExit it ends the program and runs `finally` blocks."""

    def __init__(self, decision, reason='', code=0):
        super().__init__(code)
        self.decision = decision
        self.reason = reason

    def __str__(self):
        return 'the study answered %s%s' % (self.decision, ': ' + self.reason if self.reason else '')


class Checkpoint(collections.namedtuple('Checkpoint', ['folder', 'resource'])):
    """A saved state of the training: the folder that holds it, and the resource (epoch, step) that it was saved at."""

    __slots__ = ()


class _AttemptEnded(Exception):
    """The study no longer counts on this attempt."""


class _InvalidReport(Exception):
    """The study refused the report, so that sending it again is pointless."""


class _Study:
    """What the environment says about the study, and what we have heard from it."""

    def __init__(self):
        self.decision = Decision.CONTINUE
        self.reason = ''
        self.terminated = False
        self.lost_in_a_row = 0
        self.told = set()
        self.client = None
        # up to where the training goes by itself, if it has told us.
        self.wanted = None
        # whether it ends where `max_resource` told it to; a framework goes on to its own end.
        self.has_asked = False

    @property
    def name(self):
        return os.environ.get('CDK_HPO_STUDY', '')

    @property
    def objective(self):
        return os.environ.get('CDK_HPO_OBJECTIVE', '')

    @property
    def resource_name(self):
        return os.environ.get('CDK_HPO_RESOURCE_NAME') or 'resource'

    def address(self):
        """The fields that say who reports, or None with a note when the environment is incomplete."""
        env = os.environ
        wanted = ('CDK_HPO_TRIAL', 'CDK_HPO_ATTEMPT', 'CDK_HPO_TOKEN', 'CDK_HPO_REPORT_FUNCTION')
        missing = [name for name in wanted if not env.get(name)]
        if missing:
            self.tell_once('the study is not told: environment variable %s is not set' % ', '.join(missing))
            return None
        for name in ('CDK_HPO_TRIAL', 'CDK_HPO_ATTEMPT'):
            if not _INTEGER.fullmatch(env[name]):
                self.tell_once('the study is not told: %s must be an integer, got %r' % (name, env[name]))
                return None
        return {
            'study': self.name,
            'trial': int(env['CDK_HPO_TRIAL']),
            'attempt': int(env['CDK_HPO_ATTEMPT']),
            'token': env['CDK_HPO_TOKEN'],
        }

    def tell_once(self, text):
        if text not in self.told:
            self.told.add(text)
            _tell(text)


_study = _Study()


def in_study():
    """Whether this process is an attempt of a study's trial."""
    return bool(_study.name)


def should_stop():
    """Whether the trial ends here: the study said stop or pause, or SIGTERM came after `watch_sigterm()`."""
    return _study.terminated or _study.decision is not Decision.CONTINUE


def should_pause():
    """Whether this attempt ends here and a later one may go on: the study said so, or its maximum resource is reached."""
    return _study.decision is Decision.PAUSE


def max_resource(default):
    """Up to which resource (epoch, step) this attempt should train: `default`, or less if the study wants less for now.

    default: what the training comes to by itself. An integer gives an integer. Count what you report: epochs if you
        report epochs. When less is wanted, the `report` that reaches it ends the attempt, and a later one may go on.
    """
    wanted = _number(default)
    if wanted is None:
        raise TypeError('the default of max_resource must be a number (epochs, steps), got %r' % (default,))
    if not wanted > 0:
        raise ValueError('the default of max_resource must be a positive number, got %r' % (default,))
    _study.wanted, _study.has_asked = wanted, True
    maximum = _attempt_maximum()
    if maximum is None or maximum >= wanted:
        return wanted
    # the first whole epoch at or beyond a maximum such as 2.5 reaches it.
    return math.ceil(maximum * (1 - _TOLERANCE)) if isinstance(wanted, int) else maximum


def report(resource, metrics=None, /, *, on_stop='exit', all_ranks=False, **named_metrics):
    """Tells the study the metrics at a resource (epoch, step: a positive number) and returns its decision.

    Metrics are numbers or NumPy scalars, by keyword or as a mapping: `report(3, {'validation-auc': 0.9})`.

    on_stop: 'exit' ends the program with TrialStopped when the decision is stop or pause; 'return' returns the
        decision, for code that has more to do before it ends. A report at the attempt's maximum resource (see
        `max_resource`) is answered 'pause', unless the study says stop, or the training ends there by itself.
    all_ranks: True when every process of a distributed job makes this call; torch.distributed then hands the decision
        of the first process to all. Never set it where only the first process calls, since the others are waited for.
        With on_stop='return' the training can return, and free PyTorch's process group before the interpreter ends.
    """
    if on_stop not in ('exit', 'return'):
        raise ValueError("on_stop must be 'exit' or 'return', got %r" % (on_stop,))
    resource = _checked_resource(resource)
    metrics = _checked_metrics(metrics, named_metrics)
    code = 0
    # the other processes of a distributed training end with the first one.
    may_go_on = not _reports()
    if _reports():
        print(_line(resource, metrics), flush=True)
        if in_study() and _study.decision is Decision.CONTINUE:
            may_go_on = _ask(resource, metrics)
    if _study.decision is Decision.CONTINUE and _reaches_maximum(resource, may_go_on):
        _pause_at_maximum(resource)
    if all_ranks:
        _share_decision()
    if _study.terminated and _study.decision is Decision.CONTINUE:
        _study.decision, _study.reason, code = Decision.STOP, 'SIGTERM', 128 + signal.SIGTERM
    if on_stop == 'exit' and _study.decision is not Decision.CONTINUE:
        raise TrialStopped(_study.decision, _study.reason, code)
    return _study.decision


def hyperparameters():
    """The hyperparameters of this training job with their types: int, float, bool or str. Outside a job: {}."""
    path = os.path.join(_base_dir(), 'input', 'config', 'hyperparameters.json')
    try:
        with open(path, encoding='utf-8') as file:
            values = json.load(file)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError('%s is not JSON: %s' % (path, error)) from None
    if not isinstance(values, dict):
        raise ValueError('%s must hold an object, got %r' % (path, values))
    return {name: _typed(value) for name, value in values.items()}


def checkpoint_dir():
    """The folder whose content outlives this attempt, created if need be. None outside a training job."""
    return _job_folder('SM_CHECKPOINT_DIR', 'checkpoints')


@contextlib.contextmanager
def checkpoint(resource, *, keep=2):
    """Saves a checkpoint in one step: `with checkpoint(epoch) as folder:` write your files into the folder.

    When the block ends, the folder takes its place in `checkpoint_dir()` as a whole, and older checkpoints are removed.
    If the block raises, nothing is saved and the older ones stay. Outside a training job, and in all but the first
    process of a distributed one, the folder is a temporary one that is thrown away: so every process may enter the
    block, as sharded models need it.

    resource: the epoch or step of this state, a positive number.
    keep: how many checkpoints stay, at least 1. With 1, a machine that vanishes while SageMaker copies the newest one
        to S3, having deleted the one before, takes both with it.
    """
    resource = _checked_resource(resource)
    if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
        raise ValueError('keep must be a positive integer, got %r' % (keep,))
    home = checkpoint_dir() if _reports() else None
    if home is None:
        with tempfile.TemporaryDirectory(prefix='cdk-hpo-checkpoint-') as folder:
            yield folder
        return
    # inside the checkpoint folder, since only within one file system a rename is one step. No mkdtemp: its folders are
    # closed to all other users, and so would be the checkpoint.
    draft = os.path.join(home, '%s%d-%016x' % (_DRAFT_PREFIX, os.getpid(), random.SystemRandom().getrandbits(64)))
    os.mkdir(draft)
    _drafts.add(draft)
    try:
        yield draft
        if not _sizes(draft):
            raise ValueError('the checkpoint at %s is empty: write its files into the folder' % _text(resource))
        with _saving:
            saved = _saved_checkpoints(home)
            save = _next_save(saved)
            # the number makes the name new: a copy in S3 never mixes files of two checkpoints.
            folder = os.path.join(home, 'resource-%s-save-%d' % (_text(resource), save))
            _write_manifest(draft, resource, save)
            os.rename(draft, folder)
            _remove_old(home, saved, keep - 1)
    finally:
        _drafts.discard(draft)
        shutil.rmtree(draft, ignore_errors=True)


def latest_checkpoint():
    """The newest whole checkpoint of this trial as (folder, resource), or None. Outside a training job: None.

    One that is not whole (the machine vanished while it was written or copied) is left out with a note, and the one
    before it is taken.
    """
    home = checkpoint_dir()
    for saved in _saved_checkpoints(home) if home else []:
        if saved.flaw is None:
            return Checkpoint(saved.folder, saved.resource)
        _study.tell_once('checkpoint %s is left out: %s' % (os.path.basename(saved.folder), saved.flaw))
    return None


def model_dir():
    """The folder whose content becomes the trial's model, created if need be. By hand: ./model."""
    folder = _job_folder('SM_MODEL_DIR', 'model')
    if folder is None:
        folder = os.path.abspath('model')
        os.makedirs(folder, exist_ok=True)
    return folder


def watch_sigterm():
    """From now on SIGTERM does not kill: `should_stop()` turns true and the next `report` ends the program.

    SageMaker sends SIGTERM 120 seconds before it kills (a spot interruption, a stop, the time limit). Use this where
    steps are short, so that none is cut in the middle of writing a checkpoint. Call it from the main thread.
    """

    def on_sigterm(_number, _frame):
        _study.terminated = True

    signal.signal(signal.SIGTERM, on_sigterm)


def hugging_face_callback(resource='epoch'):
    """A callback for transformers.Trainer: reports each evaluation. `Trainer(callbacks=[hugging_face_callback()])`.

    resource: 'epoch' counts epochs, 'step' optimizer steps. Metrics keep the names that the Trainer gives, such as
    eval_loss. When the trial ends, the Trainer saves a checkpoint and `train()` returns. With
    `output_dir=cdk_hpo.checkpoint_dir()`, the Trainer's checkpoints are found by `latest_checkpoint()`, for
    `train(resume_from_checkpoint=latest.folder)`.
    """
    from transformers import TrainerCallback

    if resource not in ('epoch', 'step'):
        raise ValueError("resource must be 'epoch' or 'step', got %r" % (resource,))

    class ReportCallback(TrainerCallback):
        """Reports to the study of cdk-hpo after each evaluation."""

        def on_train_begin(self, args, state, control, **_):
            _want(state.max_steps if resource == 'step' else getattr(state, 'num_train_epochs', None))

        def on_step_end(self, args, state, control, **_):
            return self._end_at_maximum(args, state, control) if resource == 'step' else control

        def on_epoch_end(self, args, state, control, **_):
            return self._end_at_maximum(args, state, control) if resource == 'epoch' else control

        def _end_at_maximum(self, args, state, control):
            """Has the Trainer evaluate, save and end at the attempt's maximum, which need not be a step of its own."""
            if _reaches_maximum(self._position(args, state) or 0):
                control.should_evaluate = _evaluation_strategy(args) not in (None, 'no')
                control.should_save = True
                control.should_training_stop = True
            return control

        def _position(self, args, state):
            return state.global_step if resource == 'step' else _trainer_epoch(args, state)

        def on_save(self, args, state, control, **_):
            # the Trainer also saves between evaluations, in all processes; the list of files comes when all have ended.
            _wait_for_all_processes()
            folder = os.path.join(args.output_dir, 'checkpoint-%d' % state.global_step)
            _adopt(folder, self._position(args, state))

        def on_evaluate(self, args, state, control, metrics=None, **_):
            position = self._position(args, state)
            # the Trainer may also evaluate before the first step, where there is nothing to decide.
            values = _reportable(metrics or {}, leave_out=('epoch',))
            if not position or position <= 0 or not values:
                return control
            # the Trainer runs its callbacks in all processes; if only the first one stopped, the others would hang.
            decision = report(position, values, on_stop='return', all_ranks=True)
            if decision is not Decision.CONTINUE:
                control.should_save = True
                control.should_training_stop = True
            return control

    return ReportCallback()


def keras_callback(save=False):
    """A callback for Keras: reports the logs of each epoch. `model.fit(callbacks=[keras_callback(save=True)])`.

    save: True saves the model as model.keras in a `checkpoint` before each report. Go on from it by
        `keras.models.load_model(os.path.join(latest.folder, 'model.keras'))` and `fit(initial_epoch=latest.resource)`.

    Put it behind a callback of your own that saves checkpoints. When the trial ends, `fit()` returns.
    """
    try:
        from keras.callbacks import Callback
    except ImportError:
        from tensorflow.keras.callbacks import Callback

    class ReportCallback(Callback):
        """Reports to the study of cdk-hpo after each epoch."""

        def on_train_begin(self, logs=None):
            _want((self.params or {}).get('epochs'))

        def on_epoch_end(self, epoch, logs=None):
            if save:
                with checkpoint(epoch + 1) as folder:
                    self.model.save(os.path.join(folder, 'model.keras'))
            if _ends(epoch + 1, _reportable(logs or {})):
                self.model.stop_training = True

    return ReportCallback()


def xgboost_callback(every=1, save=False):
    """A callback for XGBoost: reports the evaluation of each round. `xgb.train(..., callbacks=[xgboost_callback()])`.

    every: report each so many rounds. Metrics are named as XGBoost prints them, such as validation-auc. Put it behind
        a callback of your own that saves checkpoints. When the trial ends, `train()` returns.
    save: True saves the model as model.ubj in a `checkpoint` before each report. Go on from it by
        `train(num_boost_round=max_resource(rounds) - latest.resource, xgb_model=...)`.
    """
    from xgboost.callback import TrainingCallback

    if not isinstance(every, int) or every < 1:
        raise ValueError('every must be a positive integer, got %r' % (every,))

    class ReportCallback(TrainingCallback):
        """Reports to the study of cdk-hpo after each round of boosting."""

        def after_iteration(self, model, epoch, evals_log):
            # a training that goes on from an earlier model counts its own rounds from 0; the model knows all.
            rounds = model.num_boosted_rounds() if hasattr(model, 'num_boosted_rounds') else epoch + 1
            if rounds % every and not _reaches_maximum(rounds):
                return should_stop()
            # cross-validation trains several models, which only count together.
            if save and hasattr(model, 'save_model'):
                with checkpoint(rounds) as folder:
                    model.save_model(os.path.join(folder, 'model.ubj'))
            values = {}
            for data, log in evals_log.items():
                for metric, history in log.items():
                    # cross-validation logs (mean, deviation).
                    last = history[-1]
                    values['%s-%s' % (data, metric)] = last[0] if isinstance(last, tuple) else last
            return _ends(rounds, _reportable(values))

    return ReportCallback()


def _want(resource):
    """Keeps up to where a framework trains by itself, if it says so."""
    number = _number(resource)
    if number is not None and number > 0:
        _study.wanted = number


def _ends(resource, values):
    """Reports, if there is anything to report, and answers whether the attempt ends here."""
    if values:
        return report(resource, values, on_stop='return') is not Decision.CONTINUE
    return should_stop() or _reaches_maximum(resource)


def _evaluation_strategy(args):
    strategy = getattr(args, 'eval_strategy', None) or getattr(args, 'evaluation_strategy', None)
    return getattr(strategy, 'value', strategy)


def _trainer_epoch(args, state):
    if _evaluation_strategy(args) == 'epoch' and state.epoch:
        # with gradient accumulation an epoch ends at 0.998 of itself, which would miss the rung of a scheduler.
        return max(1, round(state.epoch))
    return state.epoch


def _reportable(values, leave_out=()):
    """The part of a framework's log that can be reported: it also holds texts, tables and the like."""
    kept = {}
    for name, value in values.items():
        try:
            kept.update(_checked_metrics(None, {name: value}))
        except (TypeError, ValueError):
            continue
    return {name: value for name, value in kept.items() if name not in leave_out}


def _number(value):
    """A plain int or float, or None when the value is not one number. bool is refused: it is a mistake here."""
    if not isinstance(value, (int, float)) and callable(getattr(value, 'item', None)):
        # scalars of NumPy and tensors of one element give their plain value by item().
        try:
            value = value.item()
        except (TypeError, ValueError, RuntimeError):
            return None
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        as_float = float(value)
    except OverflowError:
        return None
    return int(as_float) if as_float.is_integer() and abs(as_float) < 1e15 else as_float


def _checked_resource(value):
    number = _number(value)
    if number is None:
        raise TypeError('resource must be a number (epoch, step), got %r' % (value,))
    if not number > 0 or math.isinf(number):
        raise ValueError('resource must be a positive number, got %r: count epochs and steps from 1' % (value,))
    return number


def _checked_metrics(mapping, named):
    if mapping is not None and not hasattr(mapping, 'items'):
        raise TypeError('metrics must be a mapping of names to numbers, got %r' % (mapping,))
    merged = dict(mapping or {}, **named)
    if not merged:
        raise ValueError('a report needs at least one metric, such as report(1, validation_accuracy=0.9)')
    checked = {}
    for name, value in merged.items():
        if not isinstance(name, str):
            raise TypeError('the name of a metric must be a string, got %r' % (name,))
        if not _METRIC_NAME.fullmatch(name):
            raise ValueError('metric name %r must start with a letter and hold only letters, digits and _.:/@-' % name)
        number = _number(value)
        if number is None:
            raise TypeError('metric %s must be a number, got %r (%s)' % (name, value, type(value).__name__))
        checked[name] = number
    return checked


def _text(number):
    if isinstance(number, float) and not math.isfinite(number):
        return 'NaN' if math.isnan(number) else 'Infinity' if number > 0 else '-Infinity'
    return repr(number)


def _line(resource, metrics):
    return ' '.join(['[cdk-hpo] resource=' + _text(resource)] + ['%s=%s' % (n, _text(v)) for n, v in metrics.items()])


def _reports():
    """Whether this is the first process of the job: of all processes of a distributed training only it reports."""
    env = os.environ
    if env.get('RANK') or env.get('OMPI_COMM_WORLD_RANK'):
        return (env.get('RANK') or env.get('OMPI_COMM_WORLD_RANK')) == '0'
    try:
        hosts = json.loads(env.get('SM_HOSTS') or '[]')
    except ValueError:
        hosts = []
    if not isinstance(hosts, list) or not hosts or not env.get('SM_CURRENT_HOST'):
        return True
    return env['SM_CURRENT_HOST'] == sorted(hosts)[0]


def _attempt_maximum():
    """What the study lets this attempt train up to, or None: to its end."""
    text = os.environ.get('CDK_HPO_MAX_RESOURCE')
    if not text:
        return None
    number = _number(float(text)) if _FLOAT.fullmatch(text) else None
    if number is None or not 0 < number < math.inf:
        _study.tell_once('CDK_HPO_MAX_RESOURCE must be a positive number, got %r: it is left out' % text)
        return None
    return number


def _reaches_maximum(resource, may_go_on=False):
    """Whether the attempt is over at this resource, though the training would go on.

    may_go_on: whether the study has just said so: then this is the last rung, where a training that asked for the
        maximum ends in its own way, with its model.
    """
    maximum = _attempt_maximum()
    if maximum is None or resource < maximum * (1 - _TOLERANCE):
        return False
    ends_by_itself = _study.wanted is not None and _study.wanted * (1 - _TOLERANCE) <= maximum
    return not ends_by_itself and not (may_go_on and _study.has_asked)


def _pause_at_maximum(resource):
    _study.decision = Decision.PAUSE
    _study.reason = 'this attempt was to train up to %s' % _text(_attempt_maximum())
    if _reports():
        _tell('the trial pauses at %s %s: %s' % (_study.resource_name, _text(resource), _study.reason))


def _process_group():
    """torch.distributed, if the training has set it up for several processes."""
    torch = sys.modules.get('torch')
    group = getattr(torch, 'distributed', None)
    if group is None or not group.is_available() or not group.is_initialized() or group.get_world_size() < 2:
        return None
    return group


def _wait_for_all_processes():
    group = _process_group()
    if group is not None:
        group.barrier()


def _share_decision():
    """Hands the first process's decision to all, by the process group that the training has set up."""
    group = _process_group()
    if group is None:
        return
    box = [_study.decision.value, _study.reason, _study.terminated]
    group.broadcast_object_list(box, src=0)
    _study.decision, _study.reason, _study.terminated = Decision(box[0]), box[1], box[2]


def _ask(resource, metrics):
    """Sends a report and keeps the decision; answers whether the study said that the trial goes on."""
    address = _study.address()
    if address is None:
        return False
    if _study.objective and _study.objective not in metrics:
        _study.tell_once(
            "the study's objective is %r, and a report holds only %s: report it at least once, or the trial fails"
            % (_study.objective, ', '.join(metrics))
        )
    payload = dict(address, resource=resource, metrics={name: _wire(value) for name, value in metrics.items()})
    try:
        answer = _invoke_patiently(json.dumps(payload).encode('utf-8'))
    except _InvalidReport as refusal:
        _tell('the study refused the report at %s %s: %s' % (_study.resource_name, _text(resource), refusal))
        return False
    except _AttemptEnded as ended:
        _end(Decision.STOP, str(ended) or 'the study no longer counts on this attempt', resource)
        return False
    except Exception as error:  # a report must never end the training, whatever went wrong with it
        _study.lost_in_a_row += 1
        _tell(
            'the report at %s %s is lost, the training goes on: %s'
            % (_study.resource_name, _text(resource), _describe(error))
        )
        return False
    decision = answer.get('decision') if isinstance(answer, dict) else None
    if decision in ('stop', 'pause'):
        _end(Decision(decision), str(answer.get('reason') or ''), resource)
    elif decision != 'continue':
        _study.tell_once("the study gave an answer that this client does not know, taken as 'continue': %r" % (answer,))
    return decision == 'continue'


def _end(decision, reason, resource):
    _study.decision, _study.reason = decision, reason
    verb = 'pauses' if decision is Decision.PAUSE else 'stops'
    suffix = ': ' + reason if reason else ''
    _tell('the study %s the trial at %s %s%s' % (verb, _study.resource_name, _text(resource), suffix))


def _wire(number):
    """JSON has no NaN and no infinity, so they travel as strings."""
    return number if math.isfinite(number) else _text(number)


def _invoke_patiently(body):
    """Invokes the report function, trying again on everything but a refusal, for a bounded time."""
    tries = 1 if _study.lost_in_a_row >= _PATIENCE else _TRIES
    give_up_at = time.monotonic() + _REPORT_TIMEOUT
    for attempt in range(1, tries + 1):
        try:
            answer = _invoke(body)
            _study.lost_in_a_row = 0
            return answer
        except (_InvalidReport, _AttemptEnded):
            _study.lost_in_a_row = 0
            raise
        except ImportError:
            raise
        except Exception:
            # many trials report at once: jitter keeps them from coming back at once.
            delay = _FIRST_DELAY * 2 ** (attempt - 1) * random.uniform(0.5, 1)
            if attempt == tries or time.monotonic() + delay > give_up_at:
                raise
            time.sleep(delay)
    raise AssertionError('unreachable')


def _invoke(body):
    function = os.environ['CDK_HPO_REPORT_FUNCTION']
    endpoint = os.environ.get('AWS_ENDPOINT_URL_LAMBDA', '')
    failed, payload = _invoke_local(endpoint, function, body) if _is_loopback(endpoint) else _invoke_aws(function, body)
    answer = json.loads(payload.decode('utf-8'))
    if not failed:
        return answer
    error_type = str(answer.get('errorType', '')) if isinstance(answer, dict) else ''
    message = str(answer.get('errorMessage', '')) if isinstance(answer, dict) else repr(answer)
    if error_type == 'InvalidReport':
        raise _InvalidReport(message)
    if error_type == 'AttemptEnded':
        raise _AttemptEnded(message)
    raise RuntimeError('%s: %s' % (error_type or 'the report function failed', message))


def _is_loopback(endpoint):
    url = urllib.parse.urlsplit(endpoint)
    host = url.hostname or ''
    is_local = host in ('localhost', '::1') or re.fullmatch(r'127(\.[0-9]{1,3}){3}', host) is not None
    return url.scheme == 'http' and is_local


def _invoke_local(endpoint, function, body):
    path = '/2015-03-31/functions/%s/invocations' % urllib.parse.quote(function, safe='')
    request = urllib.request.Request(
        endpoint.rstrip('/') + path,
        data=body,
        headers={'Content-Type': 'application/json', 'X-Amz-Invocation-Type': 'RequestResponse'},
        method='POST',
    )
    # a proxy of the environment does not reach this machine's loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_CALL_TIMEOUT) as response:
        return bool(response.headers.get('X-Amz-Function-Error')), response.read()


def _invoke_aws(function, body):
    if _study.client is None:
        _study.client = _lambda_client(function)
    response = _study.client.invoke(FunctionName=function, InvocationType='RequestResponse', Payload=body)
    return bool(response.get('FunctionError')), response['Payload'].read()


def _lambda_client(function):
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise ImportError('boto3 is not installed: add it to the image or to your requirements') from None
    # an ARN names its region; boto3 by itself does not read AWS_REGION, which SageMaker sets.
    parts = function.split(':')
    region = parts[3] if len(parts) > 3 and parts[0] == 'arn' else None
    return boto3.client(
        'lambda',
        region_name=region or os.environ.get('AWS_REGION') or os.environ.get('AWS_DEFAULT_REGION'),
        # this module tries again itself.
        config=Config(connect_timeout=_CALL_TIMEOUT, read_timeout=_CALL_TIMEOUT, retries={'total_max_attempts': 1}),
    )


def _describe(error):
    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        return 'cannot reach the report function: %s' % error.reason
    return '%s: %s' % (type(error).__name__, error)


def _without_token(text):
    token = os.environ.get('CDK_HPO_TOKEN')
    return text.replace(token, '***') if token else text


def _tell(text):
    print('cdk-hpo: ' + _without_token(text), file=sys.stderr, flush=True)


def _base_dir():
    return os.environ.get('SAGEMAKER_BASE_DIR') or '/opt/ml'


def _job_folder(variable, name):
    folder = os.environ.get(variable)
    if not folder:
        base = _base_dir()
        if not os.environ.get('SAGEMAKER_BASE_DIR') and not os.path.isdir(os.path.join(base, 'input', 'config')):
            return None
        folder = os.path.join(base, name)
    os.makedirs(folder, exist_ok=True)
    return folder


# serializes the saves of several threads of this process, and the folders that they are writing into.
_saving = threading.Lock()
_drafts = set()

_Saved = collections.namedtuple('_Saved', ['folder', 'save', 'resource', 'flaw'])


def _saved_checkpoints(home):
    """The checkpoints in the folder, newest first, also those that are not whole, with what is wrong with them."""
    found = []
    for name in os.listdir(home):
        folder = os.path.join(home, name)
        own = _SAVED.fullmatch(name)
        if name.startswith('.') or not os.path.isdir(folder):
            continue
        # a framework's own folder counts from when its manifest is there.
        if own or os.path.exists(os.path.join(folder, _MANIFEST)):
            found.append(_examined(folder, int(own.group(1)) if own else 0))
    return sorted(found, key=lambda saved: (saved.save, saved.folder), reverse=True)


def _examined(folder, save):
    try:
        with open(os.path.join(folder, _MANIFEST), encoding='utf-8') as file:
            manifest = json.load(file)
    except FileNotFoundError:
        return _Saved(folder, save, None, '%s is not there' % _MANIFEST)
    except (OSError, ValueError) as error:
        return _Saved(folder, save, None, '%s cannot be read: %s' % (_MANIFEST, error))
    manifest = manifest if isinstance(manifest, dict) else {}
    resource, files = _number(manifest.get('resource')), manifest.get('files')
    save = save or _number(manifest.get('save')) or 0
    if resource is None or not resource > 0 or not isinstance(files, dict) or not files:
        return _Saved(folder, save, None, '%s is damaged' % _MANIFEST)
    sizes = _sizes(folder)
    for name, size in files.items():
        if name not in sizes:
            return _Saved(folder, save, resource, '%s is not there' % name)
        if sizes[name] != size:
            return _Saved(folder, save, resource, '%s has %d of %s bytes' % (name, sizes[name], size))
    return _Saved(folder, save, resource, None)


def _sizes(folder):
    """The sizes of all files below the folder, by their path in it."""
    sizes = {}
    for parent, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            relative = os.path.relpath(path, folder).replace(os.sep, '/')
            with contextlib.suppress(OSError):  # a link to nowhere
                sizes[relative] = os.path.getsize(path)
    sizes.pop(_MANIFEST, None)
    return sizes


def _next_save(saved):
    return max([entry.save for entry in saved], default=0) + 1


def _write_manifest(folder, resource, save):
    manifest = json.dumps({'resource': resource, 'save': save, 'files': _sizes(folder)})
    with open(os.path.join(folder, _MANIFEST), 'w', encoding='utf-8') as file:
        file.write(manifest)


def _adopt(folder, resource):
    """Lists the files of a checkpoint that a framework has written into the checkpoint folder, so that it counts."""
    home = checkpoint_dir() if _reports() else None
    if home is None or not resource or not resource > 0 or not os.path.isdir(folder):
        return
    if os.path.realpath(os.path.dirname(os.path.abspath(folder))) == os.path.realpath(home):
        with _saving:
            _write_manifest(folder, _number(resource), _next_save(_saved_checkpoints(home)))


def _remove_old(home, saved, keep):
    """Removes what a newer checkpoint has replaced: our own ones but the newest `keep`, and what was never finished."""
    whole = [entry.folder for entry in saved if entry.flaw is None]
    old = [entry.folder for entry in saved if entry.folder not in whole[:keep]]
    drafts = [os.path.join(home, name) for name in os.listdir(home) if name.startswith(_DRAFT_PREFIX)]
    unfinished = [draft for draft in drafts if draft not in _drafts]
    for folder in [folder for folder in old if _SAVED.fullmatch(os.path.basename(folder))] + unfinished:
        # without its list a folder that is half removed is no checkpoint.
        with contextlib.suppress(OSError):
            os.remove(os.path.join(folder, _MANIFEST))
        shutil.rmtree(folder, ignore_errors=True)


def _typed(value):
    """SageMaker hands all hyperparameters over as strings; its own SDK puts strings into one more pair of quotes."""
    if not isinstance(value, str):
        return value
    if _INTEGER.fullmatch(value):
        return int(value)
    if _FLOAT.fullmatch(value):
        return float(value)
    if value.lower() in ('true', 'false'):
        return value.lower() == 'true'
    if len(value) >= 2 and value[0] == '"' and value[-1] == '"':
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _main():
    """`python -m cdk_hpo worker ...`: the worker is a package of its own, which training code does without."""
    try:
        from cdk_hpo_worker.__main__ import main
    except ModuleNotFoundError as error:
        if error.name != 'cdk_hpo_worker':
            raise
        _tell('the worker is not installed: put the folder cdk_hpo_worker beside cdk_hpo.py')
        return 1
    return main()


if __name__ == '__main__':
    sys.exit(_main())
