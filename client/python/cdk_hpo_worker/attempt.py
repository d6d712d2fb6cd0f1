"""One attempt of a trial, from the study's answer to the outcome that it is told."""

import collections
import errno
import os
import signal
import tarfile
import threading
import time

from cdk_hpo_worker import devices, trial_folder
from cdk_hpo_worker.checkpoint_sync import CheckpointSync
from cdk_hpo_worker.input_data import Cancelled, NoInput
from cdk_hpo_worker.output import STDERR, STDOUT, Lines
from cdk_hpo_worker.patience import patiently
from cdk_hpo_worker.trial_folder import TrialFolder
from cdk_hpo_worker.trial_process import TrialProcess

# why an attempt ends before its time.
STOPPED = 'Stopped'
TIMED_OUT = 'MaxRuntimeExceeded'
HANDED_BACK = 'HandedBack'

_LONGEST_TEXT = 1024
_UPLOAD_PATIENCE_SECONDS = 10

# what all attempts of a worker have in common.
Workplace = collections.namedtuple(
    'Workplace', 'study host_name slots folder s3 output guardian grace_seconds checkpoint_seconds prefixes_lines packs_empty_model'
)
# what the study says about all of its trials.
Job = collections.namedtuple('Job', 'command environment hyperparameters input_data')


class _CannotStart(Exception):
    """The attempt fails before its program runs; the message is its failure reason."""


class Attempt:
    """answer: the study's, with action train. Any thread may stop or abandon the attempt at any time."""

    def __init__(self, workplace, job, slot, answer, token):
        self._workplace = workplace
        self._job = job
        self._slot = slot
        self._answer = answer
        self._token = token
        self.trial, self.number = int(answer['trial']), int(answer['attempt'])
        self.exit_code = None
        self._folder = TrialFolder(workplace.folder, self.trial, self.number)
        self._lock = threading.Lock()
        self._why = None
        self._abandoned = False
        self._process = None
        self._checkpoints = None
        self._timers = []
        self._seconds = None
        workplace.output.hide(token)

    @property
    def identity(self):
        return {'trial': self.trial, 'attempt': self.number}

    def stop(self, why, grace_seconds=None):
        """Has the attempt end: SIGTERM, and SIGKILL after the grace period. What ended by itself stays as it ended."""
        grace = self._workplace.grace_seconds if grace_seconds is None else grace_seconds
        with self._lock:
            if self._process is None:
                self._why = self._why or why
            elif self._why is not None:
                # it has got its SIGTERM; now it may have less time than it was given.
                self._later(grace, self._process.kill)
            elif self._process.terminate():
                self._why = why
                self._later(grace, self._process.kill)

    def hurry(self):
        """SIGKILL for an attempt that has been told to stop."""
        with self._lock:
            if self._why is not None and self._process is not None:
                self._process.kill()

    def abandon(self):
        """Kills the attempt, and writes nothing more anywhere: the study has given its trial to somebody else."""
        with self._lock:
            self._abandoned = True
            if self._process is not None:
                self._process.kill()

    def run(self):
        """Answers the outcome, or None when the attempt was abandoned."""
        try:
            outcome = self._run()
        except _CannotStart as error:
            outcome = self._failed(str(error))
        except Exception as error:
            # a slot outlives whatever happens to one of its trials.
            outcome = self._failed('InternalServerError: %s: %s' % (type(error).__name__, error))
        finally:
            self._end()
        return None if self._abandoned else self._with_facts(outcome)

    def clean(self):
        """Removes the attempt's folder."""
        if self._process is not None and os.getpid() == 1:
            _reap_orphans(self._process.group)
        self._folder.remove()

    def _run(self):
        if not self._is_to_end():
            self._prepare()
        if not self._start():
            return self._stopped()
        if self._checkpoints is not None:
            self._checkpoints.start(self._workplace.checkpoint_seconds)
        started_at = time.monotonic()
        self.exit_code = self._process.wait()
        self._seconds = time.monotonic() - started_at
        if self._checkpoints is not None:
            self._checkpoints.finish(_in(_UPLOAD_PATIENCE_SECONDS))
        with self._lock:
            was_stopped = self._why is not None
        if was_stopped:
            return self._stopped()
        if self.exit_code != 0:
            return self._failed(self._failure_reason())
        return self._completed()

    def _end(self):
        """Leaves nothing behind that goes on by itself."""
        with self._lock:
            for timer in self._timers:
                timer.cancel()
        if self._checkpoints is not None:
            self._checkpoints.close()
        if self._process is not None and self.exit_code is None:
            self._process.kill()
            self._process.wait()

    def _prepare(self):
        """Lays out the folder, with the last checkpoint in it."""
        input_data, uri = self._job.input_data, self._answer.get('checkpointUri')
        try:
            input_folder = input_data.ensure(self._is_to_end)
            self._folder.lay_out(self._hyperparameters(), input_folder, input_data.channels)
            if uri:
                self._checkpoints = CheckpointSync(
                    self._workplace.s3, uri, self._folder.checkpoints, self._is_abandoned, self._tell
                )
                self._checkpoints.restore(self._is_to_end)
        except Cancelled:
            return
        except NoInput as error:
            raise _CannotStart('ClientError: Data download failed: %s' % error) from None
        except Exception as error:
            raise _CannotStart('InternalServerError: the trial could not be set up: %s' % error) from None

    def _start(self):
        """Starts the program, unless the attempt is to end already."""
        words = self._folder.command(self._job.command)
        environment = self._environment()
        with self._lock:
            if self._is_to_end():
                return False
            try:
                self._process = TrialProcess(words, environment, self._lines(), self._workplace.guardian)
            except (OSError, ValueError) as error:
                kind = 'ClientError'
                if getattr(error, 'errno', None) in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE):
                    kind = 'InternalServerError'
                self.exit_code = 126 if isinstance(error, PermissionError) else 127
                raise _CannotStart('%s: the command %s cannot be started: %s' % (kind, words[:1], error)) from None
            limit = self._answer.get('maxRuntimeSeconds')
            if limit:
                self._later(limit, lambda: self.stop(TIMED_OUT))
        return True

    def _environment(self):
        workplace, job = self._workplace, self._job
        values = trial_folder.inherited(os.environ)
        values.update(job.environment)
        shares = devices.environment(self._slot, workplace.slots)
        if 'OMP_NUM_THREADS' in values:
            del shares['OMP_NUM_THREADS']
        values.update(shares)
        values.update(self._folder.variables(self._hyperparameters(), job.input_data.channels))
        values.update(
            {
                'CDK_HPO_STUDY': workplace.study,
                'CDK_HPO_TRIAL': str(self.trial),
                'CDK_HPO_ATTEMPT': str(self.number),
                'CDK_HPO_TOKEN': self._token,
            }
        )
        if self._answer.get('maxResource') is not None:
            values['CDK_HPO_MAX_RESOURCE'] = repr(self._answer['maxResource'])
        return values

    def _hyperparameters(self):
        return trial_folder.strings(dict(self._job.hyperparameters, **self._answer.get('hyperparameters') or {}))

    def _lines(self):
        output = self._workplace.output
        if self._workplace.prefixes_lines:
            prefix, streams = '[trial %d] ' % self.trial, (STDOUT, STDOUT)
        else:
            prefix, streams = '', (STDOUT, STDERR)

        def emit_to(stream):
            return lambda data: output.pass_on(stream, data)

        return [Lines(prefix, self._token, emit_to(stream)) for stream in streams]

    def _completed(self):
        uri = self._answer.get('outputUri')
        if not uri or not (os.listdir(self._folder.model) or self._workplace.packs_empty_model):
            return {'status': 'Completed', 'secondaryStatus': 'Completed'}
        target = uri if uri.endswith('/') else uri + '/'
        target += 'model.tar.gz'
        try:
            archive = self._pack_model()
            patiently(
                lambda: self._workplace.s3.upload(archive, target),
                give_up_at=_in(_UPLOAD_PATIENCE_SECONDS),
                is_final=lambda error: getattr(error, 'is_final', False) or self._abandoned,
            )
        except Exception as error:
            return self._failed('InternalServerError: the model could not be uploaded to %s: %s' % (target, error))
        return {'status': 'Completed', 'secondaryStatus': 'Completed', 'modelArtifact': target}

    def _pack_model(self):
        path = os.path.join(self._folder.base, 'model.tar.gz')
        # weights hardly become smaller, however long one tries.
        with tarfile.open(path, 'w:gz', compresslevel=1, format=tarfile.GNU_FORMAT) as archive:
            for name in sorted(os.listdir(self._folder.model)):
                archive.add(os.path.join(self._folder.model, name), arcname=name)
        return path

    def _stopped(self):
        return {'status': 'Stopped', 'secondaryStatus': self._why}

    def _failed(self, reason):
        return {'status': 'Failed', 'secondaryStatus': 'Failed', 'failureReason': reason}

    def _failure_reason(self):
        end = ', exit code: %d' % self.exit_code
        text = self._folder.failure()
        tail = self._process.stderr_tail()
        # the beginning of what the program wrote for us, and the end of a traceback, say what went wrong.
        head = 'AlgorithmError: '
        text = self._workplace.output.without_tokens(text or tail)
        room = _LONGEST_TEXT - len(head) - len(end)
        text = text[:room] if self._folder.failure() else text[-room:]
        return head + (text or 'the program ended without a message' + _signal_name(self.exit_code)) + end

    def _with_facts(self, outcome):
        name = self._answer.get('jobName') or '%s/%d' % (self._workplace.host_name, self._slot)
        outcome['jobName'] = name[:_LONGEST_TEXT]
        if self._seconds is not None:
            outcome['trainingSeconds'] = round(self._seconds, 3)
        if 'failureReason' in outcome:
            outcome['failureReason'] = self._workplace.output.without_tokens(outcome['failureReason'])[:_LONGEST_TEXT]
        return outcome

    def _is_abandoned(self):
        return self._abandoned

    def _is_to_end(self):
        return self._abandoned or self._why is not None

    def _tell(self, text):
        self._workplace.output.say('trial %d: %s' % (self.trial, text))

    def _later(self, seconds, function):
        timer = threading.Timer(seconds, function)
        timer.daemon = True
        timer.start()
        self._timers.append(timer)


def _in(seconds):
    at = time.monotonic() + seconds
    return lambda: at


def _signal_name(code):
    try:
        return ' (%s)' % signal.Signals(code - 128).name if code > 128 else ''
    except ValueError:
        return ''


def _reap_orphans(group):
    """As process 1 of a container we are the parent of all whose parent is gone, and must take note of their end."""
    try:
        while True:
            os.waitpid(-group, 0)
    except OSError:
        pass
