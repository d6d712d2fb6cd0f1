"""Wakes the main thread, by a signal or from another thread."""

import os
import select
import signal


class Wakeups:
    """A pipe: a signal handler must not take a lock, for it may have interrupted the one that holds it."""

    def __init__(self):
        self.signals = []
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def install(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        # the kernel may give a signal to any thread, and then the main one would sleep on: this byte wakes it.
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        # a parent may have us ignore it, and the kernel would then keep no exit codes.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)

    def wake(self):
        try:
            os.write(self._writer, b'.')
        except BlockingIOError:
            # enough is in it to wake.
            pass

    def wait(self, timeout=None):
        readable, _, _ = select.select([self._reader], [], [], None if timeout is None else max(0, timeout))
        if readable:
            os.read(self._reader, 65536)

    def _on_signal(self, number, _frame):
        self.signals.append(number)
