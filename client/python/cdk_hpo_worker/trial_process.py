"""One child process and all that it starts: its output, its signals, its end."""

import os
import signal
import subprocess
import threading

_TAIL_BYTES = 8192
# somebody whom the child has started, and who has left its group, may hold the pipes open for ever.
_READERS_SECONDS = 2


class TrialProcess:
    """lines: for stdout and stderr, what takes the bytes (`output.Lines`)."""

    def __init__(self, command, environment, lines, guardian):
        self._guardian = guardian
        self._lock = threading.Lock()
        self._has_ended = False
        self._tail = bytearray()
        self._child = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # a group of its own, so that nothing of it is left when it has ended.
            start_new_session=True,
        )
        guardian.watch(self._child.pid)
        self._readers = [
            threading.Thread(target=self._read, args=(pipe, into, tail), name='reader', daemon=True)
            for pipe, into, tail in (
                (self._child.stdout, lines[0], None),
                (self._child.stderr, lines[1], self._tail),
            )
        ]
        try:
            for reader in self._readers:
                reader.start()
        except RuntimeError:
            # the machine has no room for another thread.
            self._kill_group()
            self._child.wait()
            guardian.forget(self._child.pid)
            raise

    @property
    def group(self):
        return self._child.pid

    def terminate(self):
        """SIGTERM to the process itself, as a container's first process gets it: it ends its helpers in its own way.

        Answers False when it has ended by itself.
        """
        with self._lock:
            if self._has_ended:
                return False
            os.kill(self._child.pid, signal.SIGTERM)
            return True

    def kill(self):
        with self._lock:
            if not self._has_ended:
                self._kill_group()

    def wait(self):
        """Waits for the end, and ends what is left of the group. Answers the exit code as a shell gives it."""
        self._wait_for_end()
        with self._lock:
            self._has_ended = True
            # before it is reaped: so long its number cannot be another's.
            self._kill_group()
            self._guardian.forget(self._child.pid)
            status = self._child.wait()
        for reader in self._readers:
            reader.join(_READERS_SECONDS)
        return status if status >= 0 else 128 - status

    def stderr_tail(self):
        return bytes(self._tail).decode('utf-8', 'replace').strip()

    def _wait_for_end(self):
        if not hasattr(os, 'waitid'):
            self._child.wait()
            return
        os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)

    def _kill_group(self):
        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except OSError:
            # it is empty.
            pass

    def _read(self, pipe, lines, tail):
        with pipe:
            for chunk in iter(lambda: os.read(pipe.fileno(), 65536), b''):
                if tail is not None:
                    tail.extend(chunk)
                    del tail[:-_TAIL_BYTES]
                lines.feed(chunk)
            lines.end()
