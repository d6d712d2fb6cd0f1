"""Lays out for one attempt what SageMaker lays out for a training job: its folder, and its environment."""

import json
import os
import re
import shutil

from cdk_hpo_worker import settings

CONTAINER_BASE = '/opt/ml'
_HOST = 'algo-1'
# what says who the host is among others: the trial is alone, and would take itself for a part of something bigger.
_OF_THE_HOST = re.compile(
    r'(RANK|WORLD_SIZE|LOCAL_RANK|LOCAL_WORLD_SIZE|NODE_RANK|GROUP_RANK|MASTER_ADDR|MASTER_PORT)'
    r'|(SM_|OMPI_COMM_WORLD_|CDK_HPO_WORKER_).*'
    r'|CDK_HPO_(JOB|ATTEMPT_JSON|MAX_RESOURCE|TOKEN)'
)
# Linux refuses longer ones.
_LONGEST_VARIABLE = 100000


class TrialFolder:
    def __init__(self, home, trial, attempt):
        self.base = os.path.join(os.path.abspath(home), 'trial-%d-%d' % (trial, attempt))
        self.checkpoints = os.path.join(self.base, 'checkpoints')
        self.model = os.path.join(self.base, 'model')

    def lay_out(self, hyperparameters, input_folder, channels):
        self.remove()
        for name in ('input/config', 'model', 'output/data', 'checkpoints'):
            os.makedirs(os.path.join(self.base, *name.split('/')))
        os.symlink(os.path.abspath(input_folder), os.path.join(self.base, 'input', 'data'))
        host = settings.read_host_config('resourceconfig.json')
        config = {
            'hyperparameters.json': hyperparameters,
            'inputdataconfig.json': _channel_config(channels),
            'resourceconfig.json': {
                'current_host': _HOST,
                'hosts': [_HOST],
                'network_interface_name': host.get('network_interface_name') or 'eth0',
            },
        }
        for name, value in config.items():
            with open(os.path.join(self.base, 'input', 'config', name), 'w', encoding='utf-8') as file:
                json.dump(value, file)

    def command(self, words):
        return [word.replace(CONTAINER_BASE, self.base) for word in words]

    def failure(self):
        """What the program says itself about why it failed."""
        try:
            with open(os.path.join(self.base, 'output', 'failure'), encoding='utf-8', errors='replace') as file:
                return file.read(4096).strip()
        except OSError:
            return ''

    def remove(self):
        shutil.rmtree(self.base, ignore_errors=True)

    def variables(self, hyperparameters, channels):
        result = {
            'SAGEMAKER_BASE_DIR': self.base,
            'SM_MODEL_DIR': self.model,
            'SM_OUTPUT_DATA_DIR': os.path.join(self.base, 'output', 'data'),
            'SM_HOSTS': json.dumps([_HOST]),
            'SM_CURRENT_HOST': _HOST,
        }
        for name in channels:
            result['SM_CHANNEL_' + name.upper()] = os.path.join(self.base, 'input', 'data', name)
        for name, value in hyperparameters.items():
            # such a name cannot be a variable's; hyperparameters.json has it.
            if name and '=' not in name and '\0' not in name:
                result['SM_HP_' + name.upper()] = value
        all_values = json.dumps({name: _decoded(value) for name, value in hyperparameters.items()})
        if len(all_values) < _LONGEST_VARIABLE:
            result['SM_HPS'] = all_values
        return result


def inherited(environment):
    """What a trial gets of the worker's own environment."""
    kept = {name: value for name, value in environment.items() if not _OF_THE_HOST.fullmatch(name)}
    # prints appear in the log when they are made, not when a buffer is full or never, after SIGKILL.
    kept.setdefault('PYTHONUNBUFFERED', '1')
    return kept


def strings(hyperparameters):
    """SageMaker's hyperparameters are strings, all of them."""
    return {
        str(name): value if isinstance(value, str) else json.dumps(value) for name, value in hyperparameters.items()
    }


def _channel_config(channels):
    of_host = settings.read_host_config('inputdataconfig.json')
    default = {'TrainingInputMode': 'File', 'S3DistributionType': 'FullyReplicated', 'RecordWrapperType': 'None'}
    return {name: of_host.get(name, default) for name in channels}


def _decoded(text):
    """As SageMaker's training toolkit does: a value that is JSON is given as what it says."""
    try:
        return json.loads(text)
    except ValueError:
        return text
