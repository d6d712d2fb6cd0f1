"""What the worker needs of S3: boto3 on AWS, plain HTTP where AWS_ENDPOINT_URL_S3 is the local runtime."""

import os
import re
import time
import urllib.parse
import xml.etree.ElementTree

from cdk_hpo_worker.loopback import Loopback, is_loopback
from cdk_hpo_worker.patience import patiently
from cdk_hpo_worker.settings import SettingsError

_TIMEOUT = 60
_PATIENCE_SECONDS = 3


class S3Error(Exception):
    """S3 has not done what it was asked for. is_final: it would not do it when asked again, either."""

    def __init__(self, message, is_final=True):
        super().__init__(message)
        self.is_final = is_final


def connect():
    endpoint = os.environ.get('AWS_ENDPOINT_URL_S3', '')
    return _LocalS3(endpoint) if is_loopback(endpoint) else _AwsS3()


def split_uri(uri):
    match = re.fullmatch(r's3://([^/]+)/?(.*)', uri, re.DOTALL)
    if match is None:
        raise S3Error('%r is not of the form s3://bucket/key' % uri)
    return match.group(1), match.group(2)


def path_below(folder, relative):
    """Where an object belongs in a folder. A key that would lead out of it is refused."""
    parts = relative.split('/')
    if not relative or any(part in ('', '.', '..') or os.sep in part or '\0' in part for part in parts):
        raise S3Error('the object %r cannot be a file below a folder' % relative)
    return os.path.join(folder, *parts)


class _AwsS3:
    def __init__(self):
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise SettingsError('boto3 is not installed: add it to the image or run `pip install boto3`') from None
        self._client = boto3.client(
            's3',
            region_name=os.environ.get('AWS_REGION') or os.environ.get('AWS_DEFAULT_REGION'),
            config=Config(retries={'mode': 'standard', 'total_max_attempts': 5}, max_pool_connections=64),
        )

    def list(self, uri):
        """The keys that begin with the URI's key."""
        bucket, prefix = split_uri(uri)
        pages = self._client.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=prefix)
        return [entry['Key'] for page in pages for entry in page.get('Contents', [])]

    def download(self, uri, path):
        bucket, key = split_uri(uri)
        self._client.download_file(bucket, key, path)

    def upload(self, path, uri):
        bucket, key = split_uri(uri)
        self._client.upload_file(path, bucket, key)

    def delete(self, uri):
        bucket, key = split_uri(uri)
        self._client.delete_object(Bucket=bucket, Key=key)


class _LocalS3:
    def __init__(self, endpoint):
        self._loopback = Loopback(endpoint, _TIMEOUT)

    def list(self, uri):
        bucket, prefix = split_uri(uri)
        keys, query = [], {'list-type': '2', 'prefix': prefix}
        while True:
            text = self._request('GET', '/%s?%s' % (bucket, urllib.parse.urlencode(query)))
            found = xml.etree.ElementTree.fromstring(text)
            space = re.match(r'\{.*\}', found.tag)
            space = space.group() if space else ''
            keys += [entry.findtext(space + 'Key') for entry in found.iter(space + 'Contents')]
            token = found.findtext(space + 'NextContinuationToken')
            if not token:
                return keys
            query['continuation-token'] = token

    def download(self, uri, path):
        def save(response):
            with open(path, 'wb') as file:
                for chunk in iter(lambda: response.read(1 << 20), b''):
                    file.write(chunk)
            # http.client keeps quiet about a connection that was cut.
            if response.length:
                raise ConnectionError('%s was cut off, %d bytes are missing' % (uri, response.length))

        self._request('GET', _object_path(uri), read=save)

    def upload(self, path, uri):
        # looked at once: what is written to the file from now on is not part of what we say that we send.
        size = os.path.getsize(path)
        opened = []

        def body():
            opened.append(open(path, 'rb'))
            return _Exactly(opened[-1], size)

        try:
            self._request('PUT', _object_path(uri), body, {'Content-Length': str(size)})
        finally:
            for file in opened:
                file.close()

    def delete(self, uri):
        self._request('DELETE', _object_path(uri))

    def _request(self, method, path, make_body=lambda: None, headers=None, read=None):
        def once():
            status, _, body = self._loopback.request(method, path, make_body, headers, read)
            if status >= 300:
                text = body.decode('utf-8', 'replace')
                message = '%s of %s: HTTP status %d: %s' % (method, path, status, text[:300])
                raise S3Error(message, is_final=400 <= status < 500 and status != 429)
            return body

        return patiently(
            once,
            give_up_at=_in(_PATIENCE_SECONDS),
            is_final=lambda error: getattr(error, 'is_final', False) or isinstance(error, FileNotFoundError),
        )


def _in(seconds):
    at = time.monotonic() + seconds
    return lambda: at


def _object_path(uri):
    return '/%s/%s' % tuple(urllib.parse.quote(part, safe='/~') for part in split_uri(uri))


class _Exactly:
    """As many bytes of a file as we have announced, though the training may write to it meanwhile."""

    def __init__(self, file, size):
        self._file, self._left = file, size

    def read(self, size=-1):
        if self._left == 0:
            return b''
        chunk = self._file.read(self._left if size < 0 else min(size, self._left))
        if not chunk:
            raise S3Error('%s has become shorter while it was uploaded' % self._file.name)
        self._left -= len(chunk)
        return chunk
