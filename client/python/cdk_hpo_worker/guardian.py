"""A small process that kills the children of a worker that was killed with SIGKILL, and so could not do it itself.

It holds the reading end of a pipe; when the worker is gone, however it went, the pipe is at its end. Preferred to
PR_SET_PDEATHSIG: that takes a preexec_fn, which is not safe where there are threads, it goes by the thread that forked
and not by the process, and it does not reach the children's children.
"""

import os
import subprocess
import sys
import threading

_CODE = """
import os, signal, sys
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == '+' else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
if len(sys.argv) > 1:
    import shutil
    shutil.rmtree(sys.argv[1], ignore_errors=True)
"""


class Guardian:
    """temporary_folder: removed when the worker is gone."""

    def __init__(self, temporary_folder=None):
        self._lock = threading.Lock()
        arguments = [temporary_folder] if temporary_folder else []
        # a session of its own: what ends the worker by a signal to its group must not end the guardian.
        self._process = subprocess.Popen(
            [sys.executable, '-I', '-S', '-c', _CODE] + arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd='/',
        )

    def watch(self, group):
        self._write('+%d\n' % group)

    def forget(self, group):
        self._write('-%d\n' % group)

    def close(self):
        with self._lock:
            try:
                self._process.stdin.close()
            except OSError:
                pass
        self._process.wait()

    def _write(self, line):
        with self._lock:
            try:
                os.write(self._process.stdin.fileno(), line.encode('ascii'))
            except (OSError, ValueError):
                # somebody has ended the guardian: the trials go on without.
                pass
