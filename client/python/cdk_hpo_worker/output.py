"""All that the worker prints: its own lines on stderr, the children's on stdout. Tokens are never among it."""

import os
import queue
import threading

STDOUT, STDERR = 1, 2
_LONGEST_LINE = 65536
# longer than any token: so much of a line without an end is held back, for it may hold the first half of one.
_HELD_BACK = 1024


class Output:
    """One thread writes, so that no other one waits for a reader of our stdout that has fallen asleep."""

    def __init__(self):
        self._queue = queue.Queue(1000)
        self._tokens = set()
        self._writer = threading.Thread(target=self._write_all, name='output', daemon=True)
        self._writer.start()

    def hide(self, token):
        if token:
            self._tokens.add(token)

    def without_tokens(self, text):
        for token in list(self._tokens):
            text = text.replace(token, '***')
        return text

    def say(self, text):
        """Prints one line of the worker itself. It is dropped, not waited for, when nobody reads our output."""
        line = 'cdk-hpo worker: %s\n' % ' '.join(self.without_tokens(text).split())
        try:
            self._queue.put_nowait((STDERR, line.encode('utf-8', 'replace')))
        except queue.Full:
            pass

    def pass_on(self, stream, data):
        """Prints what a child has printed. It waits when nobody reads, and so does the child, as without us."""
        self._queue.put((stream, data))

    def close(self, timeout=5):
        try:
            self._queue.put(None, timeout=timeout)
        except queue.Full:
            return
        self._writer.join(timeout)

    def _write_all(self):
        for stream, data in iter(self._queue.get, None):
            view = memoryview(data)
            while view:
                try:
                    view = view[os.write(stream, view) :]
                except OSError:
                    # nobody reads any more; the trials go on.
                    break


class Lines:
    """Turns the bytes of a child into whole lines with a prefix, and hides its token."""

    def __init__(self, prefix, token, emit):
        self._prefix = prefix.encode('utf-8')
        self._token = token.encode('utf-8')
        self._emit = emit
        self._rest = b''

    def feed(self, chunk):
        data = self._rest + chunk
        end = data.rfind(b'\n') + 1
        if end:
            self._print(self._hidden(data[:end]))
            data = data[end:]
        if len(data) > _LONGEST_LINE:
            data = self._hidden(data)
            self._print(data[:-_HELD_BACK] + b'\n')
            data = data[-_HELD_BACK:]
        self._rest = data

    def end(self):
        if self._rest:
            self._print(self._hidden(self._rest) + b'\n')
        self._rest = b''

    def _hidden(self, data):
        return data.replace(self._token, b'***') if self._token else data

    def _print(self, lines):
        if self._prefix:
            lines = self._prefix + lines[:-1].replace(b'\n', b'\n' + self._prefix) + b'\n'
        self._emit(lines)
