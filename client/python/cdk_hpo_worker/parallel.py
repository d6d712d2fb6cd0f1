"""Does many transfers, a few at a time."""

import threading

_THREADS = 8


def for_all(function, items, is_cancelled=lambda: False):
    """Calls the function for each item; raises the first error, then or when cancelled no more calls are begun."""
    items = list(items)
    if len(items) <= 1:
        for item in items:
            if not is_cancelled():
                function(item)
        return
    left, errors = iter(items), []
    lock = threading.Lock()

    def work():
        while not errors and not is_cancelled():
            with lock:
                item = next(left, None)
            if item is None:
                return
            try:
                function(item)
            except Exception as error:
                errors.append(error)

    # no executor: the interpreter waits for its threads when it ends, and a worker must be able to leave.
    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(_THREADS, len(items)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
