"""Tells the study that the worker lives and what it runs, and hears what is to end."""

import random
import time

from cdk_hpo_worker.attempt import STOPPED
from cdk_hpo_worker.lambda_calls import Refused

_FIRST_DELAY = 0.5


class Heartbeat:
    """on_unknown: called when the study has given the worker up."""

    def __init__(self, calls, study, membership, output, on_unknown):
        self._calls = calls
        self._study = study
        self._membership = membership
        self._output = output
        self._on_unknown = on_unknown

    def run(self):
        """Until the membership is lost; the thread ends with the process otherwise."""
        membership, failures = self._membership, 0
        while not membership.lost.wait(self._pause(failures)):
            sent_at = time.monotonic()
            try:
                running = [attempt.identity for attempt in membership.running()]
                answer = self._calls.once(
                    {'call': 'heartbeat', 'study': self._study, 'worker': membership.worker, 'running': running}
                )
            except Refused as refusal:
                if refusal.error_type == 'WorkerUnknown':
                    self._on_unknown(str(refusal))
                    return
                failures = self._fail(failures, refusal)
            except Exception as error:
                failures = self._fail(failures, error)
            else:
                membership.heard_at, failures = sent_at, 0
                self._obey(answer)

    def _obey(self, answer):
        for entry in answer.get('stop') or []:
            attempt = self._membership.find(entry.get('trial'), entry.get('attempt'))
            if attempt is None:
                continue
            if entry.get('superseded'):
                # somebody else may go on from its checkpoints already: nothing more may be written to them.
                attempt.abandon()
            else:
                attempt.stop(STOPPED)
        if answer.get('ended') and not self._membership.no_more.is_set():
            self._output.say('the study has ended: %s' % (answer.get('reason') or 'no reason given'))
            self._membership.end()

    def _pause(self, failures):
        """After a failure the next try comes sooner: the study may hear us yet before it gives us up."""
        seconds = self._membership.heartbeat_seconds
        return seconds if not failures else min(seconds, _FIRST_DELAY * 2 ** min(failures, 6) * random.uniform(0.5, 1))

    def _fail(self, failures, error):
        if failures == 0:
            self._output.say('a heartbeat did not get through, trying on: %s: %s' % (type(error).__name__, error))
        return failures + 1
