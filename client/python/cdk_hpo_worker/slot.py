"""A place in which trials run one after another."""

import threading

from cdk_hpo_worker.attempt import Attempt
from cdk_hpo_worker.lambda_calls import Refused

# a function that fails for so long, while the heartbeat gets through, is broken.
_PATIENCE_SECONDS = 300
# a study that goes on giving trials to a worker that leaves does not understand that it leaves.
_LATE_TRIALS = 3
_CLEANING_SECONDS = 10


class Slot:
    """failure: why the slot has ended, if not as it should."""

    def __init__(self, number, calls, workplace, membership, job, preparation, on_unknown, on_end):
        self._number = number
        self._calls = calls
        self._workplace = workplace
        self._membership = membership
        self._job = job
        self._preparation = preparation
        self._on_unknown = on_unknown
        self._on_end = on_end
        self._turn = 0
        self._cleaners = []
        self.failure = None
        self.has_ended = False
        self.thread = threading.Thread(target=self._run_to_end, name='slot-%d' % number, daemon=True)
        self.thread.start()

    def _run_to_end(self):
        try:
            self._run()
        except Refused as refusal:
            if refusal.error_type == 'WorkerUnknown':
                self._on_unknown(str(refusal))
            else:
                self._fail(refusal)
        except Exception as error:
            # its trial would be nobody's while the worker lives: it joins anew, and the study gives its trials out again.
            if not self._membership.lost.is_set():
                self._workplace.output.say('slot %d: %s: %s' % (self._number, type(error).__name__, error))
                self._on_unknown('a call of slot %d did not get through' % self._number)
        finally:
            for cleaner in self._cleaners:
                cleaner.join(_CLEANING_SECONDS)
            self.has_ended = True
            self._on_end()

    def _run(self):
        membership, late = self._membership, 0
        if membership.no_more.is_set():
            return
        answer = self._ask({'call': 'next'})
        while not membership.lost.is_set():
            action = answer.get('action')
            if action == 'none':
                return
            if action == 'train':
                late += 1 if membership.is_leaving else 0
                if late > _LATE_TRIALS:
                    return
                answer = self._train(answer)
                if answer is None:
                    return
            else:
                # a study newer than this worker may know more actions; it is asked again for one that we know.
                if membership.no_more.wait(_seconds(answer)):
                    return
                answer = self._ask({'call': 'next'})

    def _train(self, answer):
        token = str(answer.get('token') or '')
        attempt = Attempt(self._workplace, self._job, self._number, answer, token)
        self._membership.enter(attempt)
        if answer.get('prepare') is True:
            self._preparation.begin()
        try:
            outcome = attempt.run()
            if outcome is None:
                return None
            self._tell(attempt, outcome)
            call = dict({'call': 'record', 'outcome': outcome}, **attempt.identity)
            if self._membership.is_leaving:
                # so that the study gives the next trial to somebody who stays.
                call['leaving'] = True
            return self._ask(call)
        finally:
            self._membership.exit(attempt)
            # a folder may take long to remove, and the next trial must not wait for it.
            cleaner = threading.Thread(target=attempt.clean, name='cleaner', daemon=True)
            cleaner.start()
            self._cleaners = [other for other in self._cleaners if other.is_alive()] + [cleaner]

    def _ask(self, call):
        membership = self._membership
        payload = dict(call, study=self._workplace.study, worker=membership.worker, slot=self._number, turn=self._turn)
        answer, _ = self._calls.patiently(
            payload, give_up_at=membership.latest_try_at(_PATIENCE_SECONDS), wait=membership.lost.wait
        )
        self._turn += 1
        return answer

    def _tell(self, attempt, outcome):
        if outcome['status'] == 'Completed':
            return
        reason = outcome.get('failureReason') or outcome['secondaryStatus']
        text = 'trial %d, attempt %d: %s: %s' % (attempt.trial, attempt.number, outcome['status'], reason)
        self._workplace.output.say(text)

    def _fail(self, error):
        self.failure = '%s: %s' % (type(error).__name__, error)
        self._workplace.output.say('slot %d ends: %s' % (self._number, self.failure))


def _seconds(answer):
    seconds = answer.get('seconds')
    return seconds if isinstance(seconds, (int, float)) and 0 <= seconds < 3600 else 5
