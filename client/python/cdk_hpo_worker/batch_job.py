"""Runs the one attempt that the environment describes: the job of AWS Batch that the study has submitted."""

import collections
import json
import os
import shutil
import signal
import threading

from cdk_hpo_worker import s3, settings
from cdk_hpo_worker.attempt import HANDED_BACK, TIMED_OUT, Attempt, Job, Workplace
from cdk_hpo_worker.guardian import Guardian
from cdk_hpo_worker.input_data import InputData
from cdk_hpo_worker.wakeups import Wakeups

_FOLDER = '/tmp/cdk-hpo'
# AWS Batch kills 30 seconds after its SIGTERM, and the last checkpoint is uploaded between the two.
_GRACE_SECONDS = 20

BatchJob = collections.namedtuple('BatchJob', 'study token job answer')


def read_job(environment):
    values = {}
    for name in ('CDK_HPO_STUDY', 'CDK_HPO_TOKEN', 'CDK_HPO_JOB', 'CDK_HPO_ATTEMPT_JSON'):
        values[name] = environment.get(name)
        if not values[name]:
            raise settings.SettingsError('%s is not set: the study sets it for the jobs that it submits' % name)
    job, answer = (_object(name, values[name]) for name in ('CDK_HPO_JOB', 'CDK_HPO_ATTEMPT_JSON'))
    if not isinstance(job.get('command'), list) or not job['command']:
        raise settings.SettingsError('CDK_HPO_JOB has no command: it must be a list of words')
    for name in ('trial', 'attempt'):
        if not isinstance(answer.get(name), int):
            raise settings.SettingsError('CDK_HPO_ATTEMPT_JSON must hold the integer %s' % name)
    return BatchJob(values['CDK_HPO_STUDY'], values['CDK_HPO_TOKEN'], job, answer)


def run(given, output):
    """Answers the exit code: the program's own, 143 when the attempt was told to end, 124 when its time was over."""
    wakeups = Wakeups()
    wakeups.install()
    home = os.environ.get('CDK_HPO_WORKER_FOLDER') or _FOLDER
    objects = s3.connect()
    guardian = Guardian()
    workplace = Workplace(
        study=given.study,
        host_name=settings.host_name(),
        slots=1,
        folder=home,
        s3=objects,
        output=output,
        guardian=guardian,
        grace_seconds=settings.grace_seconds(os.environ, _GRACE_SECONDS),
        checkpoint_seconds=settings.checkpoint_seconds(os.environ),
        # the log is this attempt's alone.
        prefixes_lines=False,
        # who waits for the job can't see whether there is a model, and counts on it as with SageMaker.
        packs_empty_model=True,
    )
    host_folder = os.path.join(settings.base_folder(), 'input', 'data')
    data_folder = os.path.join(home, 'input-data-%d' % os.getpid())
    job = Job(
        command=given.job['command'],
        environment={str(name): str(value) for name, value in (given.job.get('environment') or {}).items()},
        hyperparameters=given.job.get('hyperparameters') or {},
        input_data=InputData(objects, given.job.get('channels') or {}, host_folder, data_folder),
    )
    attempt = Attempt(workplace, job, 0, given.answer, given.token)
    outcomes = []

    def run_attempt():
        outcomes.append(attempt.run())
        wakeups.wake()

    # in a thread, for the main one must hear signals.
    threading.Thread(target=run_attempt, name='attempt', daemon=True).start()
    seen = 0
    while not outcomes:
        wakeups.wait()
        if len(wakeups.signals) > seen:
            seen = len(wakeups.signals)
            attempt.stop(HANDED_BACK)
    attempt.clean()
    shutil.rmtree(data_folder, ignore_errors=True)
    guardian.close()
    return _exit_code(attempt, outcomes[0], output)


def _exit_code(attempt, outcome, output):
    if outcome['status'] == 'Completed':
        return 0
    output.say(outcome.get('failureReason') or outcome['secondaryStatus'])
    if outcome['secondaryStatus'] == TIMED_OUT:
        return 124
    if outcome['status'] == 'Stopped':
        return 128 + signal.SIGTERM
    return attempt.exit_code or 1


def _object(name, text):
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise settings.SettingsError('%s must be a JSON object' % name)
    return value
