"""What it means to be a worker of the study: from a join until the study, or we, give it up."""

import threading
import time

from cdk_hpo_worker.attempt import HANDED_BACK


class Membership:
    """no_more: set when no slot is to ask for a further trial."""

    def __init__(self, worker, heartbeat_seconds, fence_seconds, sent_at):
        self.worker = worker
        self.heartbeat_seconds = heartbeat_seconds
        self.fence_seconds = fence_seconds
        # when the last call was sent of those that told the study that we live.
        self.heard_at = sent_at
        self.no_more = threading.Event()
        self.lost = threading.Event()
        self.is_leaving = False
        self.give_up_at = None
        self._leaving_grace = None
        self._attempts = {}
        self._lock = threading.Lock()

    @property
    def fence_at(self):
        return self.heard_at + self.fence_seconds

    def enter(self, attempt):
        """An attempt that comes too late is stopped before it starts."""
        with self._lock:
            self._attempts[attempt.trial, attempt.number] = attempt
            if self.lost.is_set():
                attempt.abandon()
            elif self.is_leaving:
                attempt.stop(HANDED_BACK)

    def exit(self, attempt):
        with self._lock:
            self._attempts.pop((attempt.trial, attempt.number), None)

    def running(self):
        with self._lock:
            return list(self._attempts.values())

    def find(self, trial, number):
        with self._lock:
            return self._attempts.get((trial, number))

    def end(self):
        """The study is over: what runs may end, nothing more begins."""
        self.no_more.set()

    def leave(self, grace_seconds, give_up_at):
        """We have to go: what runs is stopped and handed back."""
        with self._lock:
            self.is_leaving = True
            self.give_up_at = give_up_at
            attempts = list(self._attempts.values())
        self.no_more.set()
        for attempt in attempts:
            attempt.stop(HANDED_BACK, grace_seconds)

    def lose(self):
        """The study counts on us no more: what runs is killed, since its trials are others' by now."""
        with self._lock:
            self.lost.set()
            attempts = list(self._attempts.values())
        self.no_more.set()
        for attempt in attempts:
            attempt.abandon()

    def latest_try_at(self, patience_seconds):
        """Up to when a call is tried again that begins now."""
        begun = time.monotonic()
        return lambda: min(begun + patience_seconds, self.give_up_at or float('inf'))
