"""Plain HTTP to the local runtime on this machine, on connections that are kept."""

import http.client
import re
import threading
import urllib.parse


def is_loopback(endpoint):
    url = urllib.parse.urlsplit(endpoint)
    host = url.hostname or ''
    is_local = host in ('localhost', '::1') or re.fullmatch(r'127(\.[0-9]{1,3}){3}', host) is not None
    return url.scheme == 'http' and is_local


class Loopback:
    """A connection for each thread. No proxy of the environment is asked: it does not reach this machine's loopback."""

    def __init__(self, endpoint, timeout):
        self._url = urllib.parse.urlsplit(endpoint)
        self._timeout = timeout
        self._of_thread = threading.local()

    def request(self, method, path, make_body=lambda: None, headers=None, read=None):
        """Sends a request that may be sent twice; answers (status, headers, body).

        make_body: makes the body, anew for each try.
        read: takes the body of a good answer from the response; default: all of it as bytes.
        """
        kept = getattr(self._of_thread, 'connection', None)
        if kept is not None:
            try:
                return self._send(kept, method, path, make_body, headers, read)
            except (ConnectionError, http.client.BadStatusLine):
                # the other side has closed what we had kept, which says nothing about how it is now.
                pass
        connection = http.client.HTTPConnection(
            self._url.hostname, self._url.port or 80, timeout=self._timeout, blocksize=1 << 18
        )
        return self._send(connection, method, path, make_body, headers, read)

    def _send(self, connection, method, path, make_body, headers, read):
        self._of_thread.connection = None
        try:
            connection.request(method, self._url.path.rstrip('/') + path, make_body(), headers or {})
            response = connection.getresponse()
            body = response.read() if read is None or response.status >= 300 else read(response)
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._of_thread.connection = connection
        return response.status, response.headers, body
