"""The channels: input that all trials of this host share."""

import os
import shutil
import threading

from cdk_hpo_worker.parallel import for_all
from cdk_hpo_worker.s3 import path_below, split_uri


class NoInput(Exception):
    """A channel has nothing in it."""


class Cancelled(Exception):
    """Who wanted the input does not want it any more."""


class InputData:
    """host_folder: where SageMaker has put the channels of the host's own job, if it has."""

    def __init__(self, s3, channels, host_folder, own_folder):
        self.channels = channels
        self._s3 = s3
        self._host_folder = host_folder
        self._own_folder = own_folder
        self._folder = None
        self._lock = threading.Lock()

    def ensure(self, is_cancelled):
        """The folder that holds a folder for each channel. The first slot that asks downloads what is missing."""
        with self._lock:
            if self._folder is None:
                self._folder = self._find(is_cancelled)
            return self._folder

    def _find(self, is_cancelled):
        on_host = [name for name in self.channels if os.path.isdir(os.path.join(self._host_folder, name))]
        if os.path.isdir(self._host_folder) and len(on_host) == len(self.channels):
            return self._host_folder
        os.makedirs(self._own_folder, exist_ok=True)
        for name, uri in self.channels.items():
            target = path_below(self._own_folder, name)
            if os.path.lexists(target):
                continue
            if name in on_host:
                os.symlink(os.path.join(self._host_folder, name), target)
            else:
                self._download(name, uri, target, is_cancelled)
        return self._own_folder

    def _download(self, name, uri, target, is_cancelled):
        # as SageMaker's S3Prefix: every key that begins so, named by what follows the last slash of the prefix.
        bucket, prefix = split_uri(uri)
        start = prefix.rfind('/') + 1
        keys = [key for key in self._s3.list(uri) if not key.endswith('/')]
        if not keys:
            raise NoInput('no S3 object under %s for the channel %s: put the data there' % (uri, name))
        draft = target + '.part'
        shutil.rmtree(draft, ignore_errors=True)

        def download(key):
            path = path_below(draft, key[start:])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self._s3.download('s3://%s/%s' % (bucket, key), path)

        for_all(download, keys, is_cancelled)
        if is_cancelled():
            raise Cancelled()
        os.rename(draft, target)
