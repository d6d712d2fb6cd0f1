"""Has the study work out what comes next, while trials run."""

import threading

from cdk_hpo_worker.lambda_calls import Refused


class Preparation:
    """One call at a time, in a thread of its own: no trial waits for it, and nothing is lost when it fails."""

    def __init__(self, calls, study, membership, output):
        self._calls = calls
        self._study = study
        self._membership = membership
        self._output = output
        self._lock = threading.Lock()
        self._is_under_way = False

    def begin(self):
        """Does nothing where a call is under way: that one prepares for all slots."""
        with self._lock:
            if self._is_under_way or self._membership.no_more.is_set():
                return
            self._is_under_way = True
        threading.Thread(target=self._run, name='preparation', daemon=True).start()

    def _run(self):
        try:
            self._calls.once({'call': 'prepare', 'study': self._study, 'worker': self._membership.worker})
        except Refused as refusal:
            # who is unknown hears it in its next call that matters.
            if refusal.error_type != 'WorkerUnknown':
                self._say(refusal)
        except Exception as error:
            self._say(error)
        finally:
            with self._lock:
                self._is_under_way = False

    def _say(self, error):
        self._output.say('what comes next could not be prepared: %s: %s' % (type(error).__name__, error))
