"""Calls of the worker function: JSON in, JSON out, tried again on all but a refusal."""

import json
import os
import time
import urllib.parse

from cdk_hpo_worker.loopback import Loopback, is_loopback
from cdk_hpo_worker.patience import patiently
from cdk_hpo_worker.settings import SettingsError

_REFUSALS = ('InvalidRequest', 'StudyNotFound', 'WorkerUnknown')
_CONNECT_TIMEOUT = 10


class Refused(Exception):
    """The function has understood the call and says no, so that the same call again is pointless."""

    def __init__(self, error_type, message):
        super().__init__('%s: %s' % (error_type, message))
        self.error_type = error_type


class NoSuchFunction(Exception):
    """There is no function of that name where we look for it."""


class LambdaCalls:
    """timeout: seconds that one call may take."""

    def __init__(self, function, timeout):
        self._function = function
        endpoint = os.environ.get('AWS_ENDPOINT_URL_LAMBDA', '')
        self._invoke = _local(endpoint, function, timeout) if is_loopback(endpoint) else _aws(function, timeout)

    def patiently(self, payload, *, give_up_at, wait):
        """Answers (answer, when the call was sent). See `patience.patiently` for give_up_at and wait."""

        def once():
            sent_at = time.monotonic()
            return self.once(payload), sent_at

        return patiently(once, give_up_at=give_up_at, is_final=_is_final, wait=wait)

    def once(self, payload):
        failed, text = self._invoke(json.dumps(payload).encode('utf-8'))
        answer = json.loads(text.decode('utf-8'))
        if not isinstance(answer, dict):
            raise RuntimeError('the worker function gave no object: %r' % (answer,))
        if not failed:
            return answer
        error_type, message = str(answer.get('errorType', '')), str(answer.get('errorMessage', ''))
        if error_type in _REFUSALS:
            raise Refused(error_type, message)
        raise RuntimeError('%s: %s' % (error_type or 'the worker function failed', message))


def _is_final(error):
    # by their names, since without AWS there is no botocore to import them from.
    return isinstance(error, (Refused, NoSuchFunction)) or type(error).__name__ in (
        'NoCredentialsError',
        'NoRegionError',
        'ParamValidationError',
    )


def _local(endpoint, function, timeout):
    path = '/2015-03-31/functions/%s/invocations' % urllib.parse.quote(function, safe='')
    headers = {'Content-Type': 'application/json', 'X-Amz-Invocation-Type': 'RequestResponse'}
    loopback = Loopback(endpoint, timeout)

    def invoke(body):
        status, answered, text = loopback.request('POST', path, lambda: body, headers)
        if status == 404:
            raise NoSuchFunction('there is no function %s at %s' % (function, endpoint))
        if status >= 300:
            raise RuntimeError('HTTP status %d: %s' % (status, text[:500].decode('utf-8', 'replace')))
        return bool(answered.get('X-Amz-Function-Error')), text

    return invoke


def _aws(function, timeout):
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise SettingsError('boto3 is not installed: add it to the image or run `pip install boto3`') from None
    # an ARN names its region; boto3 by itself does not read AWS_REGION, which SageMaker sets.
    parts = function.split(':')
    region = parts[3] if len(parts) > 3 and parts[0] == 'arn' else None
    region = region or os.environ.get('AWS_REGION') or os.environ.get('AWS_DEFAULT_REGION')
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT,
        read_timeout=timeout,
        # `patiently` tries again itself.
        retries={'total_max_attempts': 1},
        # each slot has a call of its own under way.
        max_pool_connections=64,
    )
    try:
        client = boto3.client('lambda', region_name=region, config=config)
    except Exception as error:
        raise SettingsError('the worker function cannot be called, %s: set AWS_REGION' % error) from None

    def invoke(body):
        try:
            response = client.invoke(FunctionName=function, InvocationType='RequestResponse', Payload=body)
        except client.exceptions.ResourceNotFoundException:
            raise NoSuchFunction('there is no function %s in %s' % (function, client.meta.region_name)) from None
        return bool(response.get('FunctionError')), response['Payload'].read()

    return invoke
