"""The worker: joins a study, runs its slots, sends heartbeats, and leaves in time."""

import math
import os
import secrets
import shutil
import signal
import tempfile
import threading
import time

from cdk_hpo_worker import s3, settings
from cdk_hpo_worker.attempt import Job, Workplace
from cdk_hpo_worker.guardian import Guardian
from cdk_hpo_worker.heartbeat import Heartbeat
from cdk_hpo_worker.input_data import InputData
from cdk_hpo_worker.lambda_calls import LambdaCalls
from cdk_hpo_worker.membership import Membership
from cdk_hpo_worker.preparation import Preparation
from cdk_hpo_worker.slot import Slot
from cdk_hpo_worker.wakeups import Wakeups

_CALL_TIMEOUT = 60
# a heartbeat is worth nothing when it comes late.
_HEARTBEAT_TIMEOUT = 10
_FIRST_JOIN_PATIENCE = 60
# a cluster costs money while it waits for a study that cannot be reached.
_LATER_JOIN_PATIENCE = 900
# SageMaker kills 120 seconds after its SIGTERM.
_LEAVING_SECONDS = 110
_THREADS_SECONDS = 5
_LONGEST_PAUSE = 30


class _CannotWork(Exception):
    """There is nothing that this worker could do, and the message says what is to be done about it."""


def run_worker(given, output, started_at):
    """Answers the exit code."""
    wakeups = Wakeups()
    wakeups.install()
    calls = LambdaCalls(given.function, _CALL_TIMEOUT)
    heartbeat_calls = LambdaCalls(given.function, _HEARTBEAT_TIMEOUT)
    objects = s3.connect()
    folder = _own_folder(given.folder)
    guardian = Guardian(None if given.folder else folder)
    workplace = Workplace(
        study=given.study,
        host_name=given.host_name,
        slots=given.slots,
        folder=folder,
        s3=objects,
        output=output,
        guardian=guardian,
        grace_seconds=given.grace_seconds,
        checkpoint_seconds=given.checkpoint_seconds,
        prefixes_lines=True,
        packs_empty_model=False,
    )
    host = _Host(given, workplace, calls, heartbeat_calls, wakeups, started_at)
    try:
        return host.run()
    except _CannotWork as error:
        output.say(str(error))
        settings.write_failure('cdk-hpo worker: %s' % error)
        return 1
    finally:
        host.clean()
        guardian.close()
        if not given.folder:
            shutil.rmtree(folder, ignore_errors=True)


def _own_folder(given):
    try:
        if given:
            os.makedirs(given, exist_ok=True)
            return os.path.abspath(given)
        return tempfile.mkdtemp(prefix='cdk-hpo-worker-')
    except OSError as error:
        raise settings.SettingsError('the folder of the trials cannot be made: %s: give another --folder' % error)


class _Host:
    """All that is done here is done in the main thread, which otherwise only waits: for a signal, a time, or a slot."""

    def __init__(self, given, workplace, calls, heartbeat_calls, wakeups, started_at):
        self._given = given
        self._workplace = workplace
        self._calls = calls
        self._heartbeat_calls = heartbeat_calls
        self._wakeups = wakeups
        self._say = workplace.output.say
        self._leave_at = self._must_end_at = math.inf
        self._grace = given.grace_seconds
        if given.max_seconds is not None:
            margin = min(180, max(5, given.max_seconds / 10))
            self._leave_at = started_at + given.max_seconds - margin
            self._must_end_at = started_at + given.max_seconds - 1
            # half of it is for the last checkpoints.
            self._grace_at_limit = min(given.grace_seconds, margin / 2)
        self._data_folder = os.path.join(workplace.folder, 'input-data-%d' % os.getpid())
        self._signals_seen = 0

    def run(self):
        patience, pause = _FIRST_JOIN_PATIENCE, 0.5
        while True:
            answer, sent_at = self._join(patience)
            patience = _LATER_JOIN_PATIENCE
            if answer is None:
                return 0
            if answer.get('ended'):
                self._say('there is nothing to do: %s' % (answer.get('reason') or 'the study has ended'))
                return 0
            membership, job = self._read(answer, sent_at)
            slots = self._start(membership, job)
            code = self._attend(membership, slots)
            if code is not None:
                return code
            # who is given up again and again must not join as fast as the calls go.
            is_soon = time.monotonic() - sent_at < membership.fence_seconds
            pause = min(pause * 2, _LONGEST_PAUSE) if is_soon else 0.5
            self._sleep(pause)

    def clean(self):
        shutil.rmtree(self._data_folder, ignore_errors=True)

    def _sleep(self, seconds):
        until = min(time.monotonic() + seconds, self._leave_at)
        while time.monotonic() < until and not self._wakeups.signals:
            self._wakeups.wait(_until(until))

    def _join(self, patience):
        """Answers what the study says, or (None, None) when we must leave before it says anything."""
        payload = {
            'call': 'join',
            'study': self._given.study,
            'host': self._given.host_name,
            'nonce': secrets.token_hex(16),
            'slots': self._given.slots,
        }
        give_up_at = time.monotonic() + patience
        box, cancelled = [], threading.Event()

        def ask():
            try:
                box.append(self._calls.patiently(payload, give_up_at=lambda: give_up_at, wait=cancelled.wait))
            except Exception as error:
                box.append(error)
            self._wakeups.wake()

        # in a thread, so that a signal is heard while the call is under way.
        threading.Thread(target=ask, name='join', daemon=True).start()
        while not box:
            self._wakeups.wait(_until(self._leave_at))
            if self._wakeups.signals or time.monotonic() >= self._leave_at:
                cancelled.set()
                self._say('leaves before it could join the study')
                return None, None
        if isinstance(box[0], Exception):
            raise _CannotWork(
                'cannot join the study %s by the function %s: %s: check --function, --study and the permission to '
                'invoke the function' % (self._given.study, self._given.function, _describe(box[0]))
            )
        return box[0]

    def _read(self, answer, sent_at):
        try:
            membership = Membership(
                answer['worker'], float(answer['heartbeatSeconds']), float(answer['fenceSeconds']), sent_at
            )
            channels = dict(answer.get('channels') or {})
            environment = {str(name): str(value) for name, value in dict(answer.get('environment') or {}).items()}
            hyperparameters = dict(answer.get('hyperparameters') or {})
        except (KeyError, TypeError, ValueError) as error:
            raise _CannotWork(
                'the study gave an answer that this worker does not understand (%s: %s): use the version of '
                'cdk_hpo_worker that the study was deployed with' % (type(error).__name__, error)
            ) from None
        command = self._given.command or answer.get('command')
        if not command:
            raise _CannotWork('the study %s has no command of its own: give one after --' % self._given.study)
        host_folder = os.path.join(settings.base_folder(), 'input', 'data')
        input_data = InputData(self._workplace.s3, channels, host_folder, self._data_folder)
        return membership, Job(list(command), environment, hyperparameters, input_data)

    def _start(self, membership, job):
        given, workplace = self._given, self._workplace

        def on_unknown(reason):
            if not membership.lost.is_set():
                self._say('the study has given this worker up, joining again: %s' % reason)
            membership.lose()
            self._wakeups.wake()

        self._say(
            'worker %s of the study %s runs %d trial%s at a time'
            % (membership.worker, given.study, given.slots, '' if given.slots == 1 else 's')
        )
        beat = Heartbeat(self._heartbeat_calls, given.study, membership, workplace.output, on_unknown)
        threading.Thread(target=beat.run, name='heartbeat', daemon=True).start()
        preparation = Preparation(self._calls, given.study, membership, workplace.output)
        return [
            Slot(number, self._calls, workplace, membership, job, preparation, on_unknown, self._wakeups.wake)
            for number in range(given.slots)
        ]

    def _attend(self, membership, slots):
        """Until all slots have ended, or the membership is lost. Answers the exit code, or None: join again."""
        while True:
            if membership.lost.is_set():
                _wait_for(slots)
                return 0 if membership.is_leaving else None
            if all(slot.has_ended for slot in slots):
                # one thread may have ended its slot and lost the membership between the two questions.
                if not membership.lost.is_set():
                    return self._end(membership, slots)
                continue
            now = time.monotonic()
            if now >= membership.fence_at:
                self._say(
                    'no heartbeat got through for %g seconds: the trials are killed, for the study gives them to '
                    'others by now' % membership.fence_seconds
                )
                membership.lose()
            elif membership.give_up_at is not None and now >= membership.give_up_at:
                self._say('leaves with trials that could not be handed back in time')
                membership.lose()
            elif self._has_to_leave(now):
                self._leave(membership, now)
            else:
                self._wakeups.wait(_until(min(membership.fence_at, membership.give_up_at or self._leave_at)))

    def _has_to_leave(self, now):
        return len(self._wakeups.signals) > self._signals_seen or (now >= self._leave_at)

    def _leave(self, membership, now):
        signals = self._wakeups.signals[self._signals_seen :]
        self._signals_seen += len(signals)
        if membership.is_leaving:
            if signal.SIGINT in signals:
                # who presses Ctrl-C twice does not want to wait.
                for attempt in membership.running():
                    attempt.hurry()
            return
        if signals:
            self._say('got %s, hands back what it runs' % signal.Signals(signals[0]).name)
            grace = self._given.grace_seconds
        else:
            self._say('its time is over, hands back what it runs')
            grace = self._grace_at_limit
        self._leave_at = math.inf
        membership.leave(grace, min(now + _LEAVING_SECONDS, self._must_end_at))

    def _end(self, membership, slots):
        failures = [slot.failure for slot in slots if slot.failure]
        if len(failures) == len(slots) and not membership.is_leaving:
            raise _CannotWork('no slot can go on: %s' % failures[0])
        return 0


def _wait_for(slots):
    """A moment for the threads of killed trials, so that their devices are free when others start."""
    latest = time.monotonic() + _THREADS_SECONDS
    for slot in slots:
        slot.thread.join(max(0, latest - time.monotonic()))


def _until(at):
    return None if at == math.inf else at - time.monotonic()


def _describe(error):
    return str(error) if type(error).__module__.startswith('cdk_hpo_worker') else '%s: %s' % (
        type(error).__name__,
        error,
    )
