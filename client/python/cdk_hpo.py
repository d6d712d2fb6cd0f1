"""Reports metrics from training code to a cdk-hpo study and hears whether to go on.

One file, Python 3.8 or newer, standard library only (on AWS it uses boto3, which every SageMaker image has).

    import cdk_hpo

    for epoch in range(1, epochs + 1):
        train_one_epoch()
        save_checkpoint(cdk_hpo.checkpoint_dir())
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
"""

import enum
import json
import math
import numbers
import os
import random
import re
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

__all__ = [
    'Decision',
    'TrialStopped',
    'checkpoint_dir',
    'hugging_face_callback',
    'hyperparameters',
    'in_study',
    'keras_callback',
    'model_dir',
    'report',
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


def report(resource, metrics=None, /, *, on_stop='exit', all_ranks=False, **named_metrics):
    """Tells the study the metrics at a resource (epoch, step: a positive number) and returns its decision.

    Metrics are numbers or NumPy scalars, by keyword or as a mapping: `report(3, {'validation-auc': 0.9})`.

    on_stop: 'exit' ends the program with TrialStopped when the decision is stop or pause; 'return' returns the
        decision, for code that has more to do before it ends.
    all_ranks: True when every process of a distributed job makes this call; torch.distributed then hands the decision
        of the first process to all. Never set it where only the first process calls, since the others are waited for.
    """
    if on_stop not in ('exit', 'return'):
        raise ValueError("on_stop must be 'exit' or 'return', got %r" % (on_stop,))
    resource = _checked_resource(resource)
    metrics = _checked_metrics(metrics, named_metrics)
    code = 0
    if _reports():
        print(_line(resource, metrics), flush=True)
        if in_study() and _study.decision is Decision.CONTINUE:
            _ask(resource, metrics)
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
    eval_loss. When the trial ends, the Trainer saves a checkpoint and `train()` returns.
    """
    from transformers import TrainerCallback

    if resource not in ('epoch', 'step'):
        raise ValueError("resource must be 'epoch' or 'step', got %r" % (resource,))

    class ReportCallback(TrainerCallback):
        """Reports to the study of cdk-hpo after each evaluation."""

        def on_evaluate(self, args, state, control, metrics=None, **_):
            position = state.global_step if resource == 'step' else _trainer_epoch(args, state)
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


def keras_callback():
    """A callback for Keras: reports the logs of each epoch. `model.fit(callbacks=[checkpoint, keras_callback()])`.

    Put it behind the callback that saves checkpoints. When the trial ends, `fit()` returns.
    """
    try:
        from keras.callbacks import Callback
    except ImportError:
        from tensorflow.keras.callbacks import Callback

    class ReportCallback(Callback):
        """Reports to the study of cdk-hpo after each epoch."""

        def on_epoch_end(self, epoch, logs=None):
            values = _reportable(logs or {})
            if values and report(epoch + 1, values, on_stop='return') is not Decision.CONTINUE:
                self.model.stop_training = True

    return ReportCallback()


def xgboost_callback(every=1):
    """A callback for XGBoost: reports the evaluation of each round. `xgb.train(..., callbacks=[xgboost_callback()])`.

    every: report each so many rounds. Metrics are named as XGBoost prints them, such as validation-auc. Put it behind
    the callback that saves checkpoints. When the trial ends, `train()` returns.
    """
    from xgboost.callback import TrainingCallback

    if not isinstance(every, int) or every < 1:
        raise ValueError('every must be a positive integer, got %r' % (every,))

    class ReportCallback(TrainingCallback):
        """Reports to the study of cdk-hpo after each round of boosting."""

        def after_iteration(self, model, epoch, evals_log):
            # a training that goes on from an earlier model counts its own rounds from 0; the model knows all.
            rounds = model.num_boosted_rounds() if hasattr(model, 'num_boosted_rounds') else epoch + 1
            if rounds % every:
                return should_stop()
            values = {}
            for data, log in evals_log.items():
                for metric, history in log.items():
                    # cross-validation logs (mean, deviation).
                    last = history[-1]
                    values['%s-%s' % (data, metric)] = last[0] if isinstance(last, tuple) else last
            values = _reportable(values)
            return bool(values) and report(rounds, values, on_stop='return') is not Decision.CONTINUE

    return ReportCallback()


def _trainer_epoch(args, state):
    strategy = getattr(args, 'eval_strategy', None) or getattr(args, 'evaluation_strategy', None)
    if getattr(strategy, 'value', strategy) == 'epoch' and state.epoch:
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


def _share_decision():
    """Hands the first process's decision to all, by the process group that the training has set up."""
    torch = sys.modules.get('torch')
    group = getattr(torch, 'distributed', None)
    if group is None or not group.is_available() or not group.is_initialized() or group.get_world_size() < 2:
        return
    box = [_study.decision.value, _study.reason, _study.terminated]
    group.broadcast_object_list(box, src=0)
    _study.decision, _study.reason, _study.terminated = Decision(box[0]), box[1], box[2]


def _ask(resource, metrics):
    """Sends a report and keeps the decision."""
    address = _study.address()
    if address is None:
        return
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
        return
    except _AttemptEnded as ended:
        _end(Decision.STOP, str(ended) or 'the study no longer counts on this attempt', resource)
        return
    except Exception as error:  # a report must never end the training, whatever went wrong with it
        _study.lost_in_a_row += 1
        _tell(
            'the report at %s %s is lost, the training goes on: %s'
            % (_study.resource_name, _text(resource), _describe(error))
        )
        return
    decision = answer.get('decision') if isinstance(answer, dict) else None
    if decision in ('stop', 'pause'):
        _end(Decision(decision), str(answer.get('reason') or ''), resource)
    elif decision != 'continue':
        _study.tell_once("the study gave an answer that this client does not know, taken as 'continue': %r" % (answer,))


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
