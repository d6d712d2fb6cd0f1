"""The entry point of script mode: runs a user's program inside any image that has Python 3.8 or newer.

SageMaker brings the user's folder as one .zip in the channel cdk_hpo_program. This unpacks it, sets the environment
that SageMaker's training toolkit gives to programs (SM_MODEL_DIR, SM_CHANNEL_TRAIN, ...), runs the program named by
CDK_HPO_PROGRAM with the hyperparameters as options, hands signals on to it, and writes the end of its stderr where
SageMaker looks for the reason of a failure. Standard library only; node-entry.ts is its twin for Node.
"""

import glob
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib

# SageMaker shows the first 1024 characters of the failure file; a traceback says at its end what went wrong.
FAILURE_LENGTH = 1024
TAIL_BYTES = 8192
# how often we look whether the program has ended or a signal has come.
LOOK_SECONDS = 0.05
OWN_CHANNEL_PREFIX = 'cdk_hpo_'
# what SageMaker's training toolkit and automatic model tuning put among the hyperparameters.
SAGEMAKERS_OWN = re.compile(r'sagemaker_|_tuning_objective_metric$')


class EntryError(Exception):
    """Something about the job's set-up is wrong, and the message says what to do."""


def main():
    base = os.environ.get('SAGEMAKER_BASE_DIR') or '/opt/ml'
    try:
        program = os.environ.get('CDK_HPO_PROGRAM', '')
        if not program:
            raise EntryError('CDK_HPO_PROGRAM is not set: it names the program inside the zip, such as train.py')
        hyperparameters = read_hyperparameters(base)
        code = unpack(find_zip(base), code_folder(base))
        path = find_program(code, program)
        environment = dict(os.environ, **training_environment(base, code, program, hyperparameters))
    except EntryError as error:
        print('cdk-hpo: %s' % error, file=sys.stderr, flush=True)
        write_failure(base, 'cdk-hpo: %s' % error)
        return 1
    return run([sys.executable, path] + arguments(hyperparameters), code, environment, base, program)


def read_json(path, default):
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except FileNotFoundError:
        return default
    except ValueError as error:
        raise EntryError('%s is not JSON: %s' % (path, error)) from None


def read_hyperparameters(base):
    path = os.path.join(base, 'input', 'config', 'hyperparameters.json')
    values = read_json(path, {})
    if not isinstance(values, dict):
        raise EntryError('%s must hold an object of names to strings, got %s' % (path, json.dumps(values)))
    return {name: value for name, value in values.items() if not SAGEMAKERS_OWN.match(name)}


def plain(value):
    """The text of a hyperparameter. SageMaker's own SDK puts strings into one more pair of quotes."""
    if not isinstance(value, str):
        return json.dumps(value)
    if len(value) >= 2 and value[0] == '"' and value[-1] == '"':
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def typed(value):
    """The value of a hyperparameter. One in quotes is a text, whatever it looks like."""
    text = plain(value)
    if text != value:
        return text if isinstance(value, str) else value
    if re.fullmatch(r'-?(0|[1-9][0-9]*)', text):
        return int(text)
    if re.fullmatch(r'[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?', text):
        return float(text)
    return text.lower() == 'true' if text.lower() in ('true', 'false') else text


def arguments(hyperparameters):
    """--name value, in the order of names. A value like -1e-5 would be taken for an option, so it gets an =."""
    result = []
    for name, text in sorted((name, plain(value)) for name, value in hyperparameters.items()):
        result += ['--%s=%s' % (name, text)] if text.startswith('-') else ['--' + name, text]
    return result


def find_zip(base):
    folder = os.path.join(base, 'input', 'data', 'cdk_hpo_program')
    found = sorted(glob.glob(os.path.join(glob.escape(folder), '*.zip')))
    if len(found) != 1:
        there = ', '.join(sorted(os.listdir(folder))) if os.path.isdir(folder) else ''
        raise EntryError(
            '%s must hold exactly one .zip, the folder of the program; it holds: %s' % (folder, there or 'nothing')
        )
    return found[0]


def code_folder(base):
    """<base>/code as SageMaker names it, or a temporary folder when it is taken or cannot be written."""
    folder = os.path.join(base, 'code')
    try:
        os.makedirs(folder, exist_ok=True)
        if not os.listdir(folder) and os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return tempfile.mkdtemp(prefix='cdk-hpo-code-')


def unpack(archive, folder):
    try:
        with zipfile.ZipFile(archive) as content:
            for entry in content.infolist():
                name = entry.filename
                mode = entry.external_attr >> 16
                escapes = name.startswith('/') or '\\' in name or ':' in name or '..' in name.split('/')
                if escapes or stat.S_ISLNK(mode):
                    raise EntryError(
                        '%s is refused: its entry %s could write outside the code folder' % (archive, json.dumps(name))
                    )
                target = content.extract(entry, folder)
                if mode & 0o111 and not entry.is_dir():
                    os.chmod(target, 0o755)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError) as error:
        raise EntryError('%s cannot be unpacked: %s' % (archive, error)) from None
    return folder


def find_program(code, program):
    path = os.path.normpath(os.path.join(code, program))
    if not path.endswith('.py'):
        shown = json.dumps(program)
        raise EntryError('CDK_HPO_PROGRAM must be a .py file, got %s: use the node entry for .mjs' % shown)
    if not path.startswith(os.path.join(code, '')) or not os.path.isfile(path):
        there = []
        for parent, _, files in os.walk(code):
            there += [os.path.relpath(os.path.join(parent, file), code) for file in files]
        shown = ', '.join(sorted(there)[:20]) + (', ...' if len(there) > 20 else '')
        raise EntryError(
            'the program %s is not in the zip; it holds: %s' % (json.dumps(program), shown or 'nothing')
        )
    return path


def channels(base):
    """Names of the data channels that the user gave: those of the job's configuration, else the folders there are."""
    folder = os.path.join(base, 'input', 'data')
    configuration = read_json(os.path.join(base, 'input', 'config', 'inputdataconfig.json'), None)
    if isinstance(configuration, dict):
        names = list(configuration)
    else:
        names = os.listdir(folder) if os.path.isdir(folder) else []
        names = [name for name in names if os.path.isdir(os.path.join(folder, name))]
    return sorted(name for name in names if not name.startswith(OWN_CHANNEL_PREFIX))


def count_gpus():
    # of the GPUs of a machine a trial may have its share only.
    visible = os.environ.get('CUDA_VISIBLE_DEVICES')
    if visible is not None:
        return len([device for device in visible.split(',') if device.strip() not in ('', '-1')])
    # each GPU that the container may use has a device file; asking nvidia-smi takes a second.
    return len([path for path in glob.glob('/dev/nvidia*') if re.fullmatch(r'/dev/nvidia[0-9]+', path)])


def training_environment(base, code, program, hyperparameters):
    config = os.path.join(base, 'input', 'config')
    resources = read_json(os.path.join(config, 'resourceconfig.json'), {})
    hosts = resources.get('hosts') or ['algo-1']
    names = channels(base)
    folders = {
        'SM_MODEL_DIR': os.path.join(base, 'model'),
        'SM_OUTPUT_DIR': os.path.join(base, 'output'),
        'SM_OUTPUT_DATA_DIR': os.path.join(base, 'output', 'data'),
        'SM_CHECKPOINT_DIR': os.path.join(base, 'checkpoints'),
    }
    for folder in folders.values():
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise EntryError('cannot create the folder %s: %s' % (folder, error)) from None
    environment = dict(folders)
    environment.update(
        {
            'SM_INPUT_DIR': os.path.join(base, 'input'),
            'SM_INPUT_CONFIG_DIR': config,
            'SM_MODULE_DIR': code,
            'SM_USER_ENTRY_POINT': program,
            'SM_CHANNELS': json.dumps(names),
            'SM_HOSTS': json.dumps(hosts),
            'SM_CURRENT_HOST': str(resources.get('current_host') or hosts[0]),
            'SM_NETWORK_INTERFACE_NAME': str(resources.get('network_interface_name') or 'eth0'),
            'SM_RESOURCE_CONFIG': json.dumps(resources),
            'SM_NUM_CPUS': str(len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()),
            'SM_NUM_GPUS': str(count_gpus()),
            'SM_HPS': json.dumps({name: typed(value) for name, value in hyperparameters.items()}),
            'SM_USER_ARGS': json.dumps(arguments(hyperparameters)),
        }
    )
    for name in names:
        environment['SM_CHANNEL_' + name.upper()] = os.path.join(base, 'input', 'data', name)
    for name, value in hyperparameters.items():
        environment['SM_HP_' + name.upper()] = plain(value)
    # prints appear in the log when they are made, not when a buffer is full or never, after SIGKILL.
    environment['PYTHONUNBUFFERED'] = '1'
    paths = [code, os.environ.get('PYTHONPATH', '')]
    environment['PYTHONPATH'] = os.pathsep.join(path for path in paths if path)
    return environment


def run(command, code, environment, base, program):
    received = []
    # as process 1 of a container we get the signals, and the kernel gives no default action to them. The handlers are
    # there before the child is, so that no signal leaves it behind.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: received.append(number))
    child = subprocess.Popen(command, cwd=code, env=environment, stderr=subprocess.PIPE)
    tail = bytearray()

    def pass_on():
        while True:
            chunk = os.read(child.stderr.fileno(), 65536)
            if not chunk:
                return
            sys.stderr.buffer.write(chunk)
            sys.stderr.buffer.flush()
            tail.extend(chunk)
            del tail[:-TAIL_BYTES]

    reader = threading.Thread(target=pass_on, daemon=True)
    reader.start()
    # a child.wait() would miss a signal that comes just before the kernel sleeps, or that it gives to the other thread:
    # Python would run the handler when the program has ended.
    while child.poll() is None:
        while received:
            child.send_signal(received.pop(0))
        time.sleep(LOOK_SECONDS)
    status = child.returncode
    # a grandchild may hold stderr open for ever; what the program itself wrote is there at once.
    reader.join(2)
    code = status if status >= 0 else 128 - status
    if code:
        name = signal_name(code)
        head = '%s ended with exit code %d%s' % (program, code, ' (%s)' % name if name else '')
        write_failure(base, head, bytes(tail).decode('utf-8', 'replace').strip())
    return code


def signal_name(code):
    try:
        return signal.Signals(code - 128).name if code > 128 else ''
    except ValueError:
        return ''


def write_failure(base, head, tail=''):
    """Says why the job failed, unless the program has said so itself."""
    folder = os.path.join(base, 'output')
    path = os.path.join(folder, 'failure')
    room = FAILURE_LENGTH - len(head) - 2
    text = head[:FAILURE_LENGTH] if not tail or room < 1 else '%s:\n%s' % (head, tail[-room:])
    try:
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(path):
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
    except OSError as error:
        print('cdk-hpo: cannot write %s: %s' % (path, error), file=sys.stderr, flush=True)


if __name__ == '__main__':
    sys.exit(main())
