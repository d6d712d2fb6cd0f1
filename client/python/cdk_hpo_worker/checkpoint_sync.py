"""Keeps a copy in S3 of an attempt's checkpoint folder.

The training may write, and the worker may be killed, at any moment. So a checkpoint's manifest, which lists its files,
is in S3 only while the files that it lists are: it goes there last, and leaves first.
"""

import os
import threading

from cdk_hpo_worker.parallel import for_all
from cdk_hpo_worker.patience import patiently
from cdk_hpo_worker.s3 import path_below, split_uri

_MANIFEST = 'cdk-hpo-checkpoint.json'
_DRAFT_PREFIX = '.writing-'


class CheckpointSync:
    """is_cancelled: when true nothing more is written to S3, since the trial is somebody else's by then."""

    def __init__(self, s3, uri, folder, is_cancelled, tell):
        self._s3 = s3
        self._uri = uri if uri.endswith('/') else uri + '/'
        self._folder = folder
        self._is_cancelled = is_cancelled
        self._tell = tell
        # what each file in S3 looked like on disk when it was copied, by its path in the folder.
        self._copied = {}
        self._finished = threading.Event()
        self._thread = None

    def restore(self, is_cancelled):
        _bucket, prefix = split_uri(self._uri)
        names = [key[len(prefix) :] for key in self._s3.list(self._uri)]
        # a key that ends with a slash is what S3's console makes to show an empty folder.
        names = [name for name in names if name and not name.endswith('/')]

        def download(name):
            path = path_below(self._folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self._s3.download(self._uri + name, path)
            self._copied[name] = _look(path)

        for_all(download, names, is_cancelled)

    def start(self, seconds):
        """Copies each so many seconds from now on, in a thread of its own."""
        self._thread = threading.Thread(target=self._copy_on, args=(seconds,), name='checkpoints', daemon=True)
        self._thread.start()

    def close(self):
        self._finished.set()

    def finish(self, give_up_at):
        """Copies a last time, when the training has ended."""
        self.close()
        if self._thread is not None:
            self._thread.join()
        try:
            patiently(self._copy, give_up_at=give_up_at, is_final=lambda _error: self._is_cancelled())
        except Exception as error:
            self._tell('the last checkpoint could not be uploaded to %s: %s' % (self._uri, error))

    def _copy_on(self, seconds):
        has_told = False
        while not self._finished.wait(seconds):
            try:
                self._copy()
            except Exception as error:
                if not has_told:
                    self._tell('the checkpoint could not be uploaded to %s, trying on: %s' % (self._uri, error))
                has_told = True

    def _copy(self):
        found = _scan(self._folder)
        changed = {name for name, look in found.items() if self._copied.get(name) != look}
        vanished = self._copied.keys() - found.keys()
        if not changed and not vanished:
            return
        manifests = [name for name in found if _is_manifest(name)]
        outdated = [name for name in manifests if any(_belongs(other, name) for other in changed | vanished)]
        self._delete([name for name in outdated if name in self._copied])
        # new ones are there before old ones go: one of them is whole at every moment.
        self._upload([name for name in changed if not _is_manifest(name)], found)
        self._upload([name for name in outdated if self._is_whole(name, found)], found)
        self._delete(sorted(vanished, key=lambda name: not _is_manifest(name)))

    def _is_whole(self, manifest, found):
        """Whether S3 has all files of a checkpoint as they are on disk now, not only as they were a moment ago."""
        names = [name for name in found if _belongs(name, manifest) and not _is_manifest(name)]
        looks = {name: _look(os.path.join(self._folder, name)) for name in names}
        return all(look is not None and self._copied.get(name) == look for name, look in looks.items())

    def _upload(self, names, found):
        def upload(name):
            try:
                self._s3.upload(os.path.join(self._folder, name), self._uri + name)
            except FileNotFoundError:
                # the training has replaced the checkpoint meanwhile: the next round sees what there is instead. S3 may
                # have an older copy, so that the file is left in the list of copies as it was.
                return
            self._copied[name] = found[name]

        for_all(upload, sorted(names), self._is_cancelled)

    def _delete(self, names):
        # one by one and in order: the manifests are gone before the first of the others goes.
        for name in names:
            if self._is_cancelled():
                return
            self._s3.delete(self._uri + name)
            self._copied.pop(name, None)


def _is_manifest(name):
    return name.split('/')[-1] == _MANIFEST


def _belongs(name, manifest):
    """Whether a file is below the folder of the manifest; so is the manifest itself."""
    return name.startswith(manifest[: -len(_MANIFEST)])


def _look(path):
    """What tells a file from an earlier one of that name, or None where there is none."""
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _scan(home):
    found = {}
    for parent, folders, names in os.walk(home):
        folders[:] = [folder for folder in folders if not folder.startswith(_DRAFT_PREFIX)]
        for name in names:
            path = os.path.join(parent, name)
            look = _look(path)
            # a link to nowhere, a socket: nothing that could be copied.
            if look is not None and os.path.isfile(path):
                found[os.path.relpath(path, home).replace(os.sep, '/')] = look
    return found
