"""Starts train.py once for each GPU of each instance: the program of the training job, on all of its instances.

SageMaker runs the same program on all instances and tells each who the others are. torchrun needs that in its own
words: how many nodes, which of them this is, and where the first one listens.
"""

import json
import os
import socket
import sys
import time

PORT = 29500


def resources(environment):
    """The instances of the job: all hosts, this host, the network interface, the number of GPUs."""
    path = os.path.join(environment.get('SAGEMAKER_BASE_DIR') or '/opt/ml', 'input', 'config', 'resourceconfig.json')
    config = {}
    if not environment.get('SM_HOSTS') and os.path.exists(path):
        with open(path, encoding='utf-8') as file:
            config = json.load(file)
    hosts = json.loads(environment.get('SM_HOSTS') or 'null') or config.get('hosts') or ['localhost']
    # sorted, so that all agree on the first one; it is also the one that reports, by cdk_hpo's own rule.
    hosts = sorted(hosts)
    host = environment.get('SM_CURRENT_HOST') or config.get('current_host') or hosts[0]
    if host not in hosts:
        raise ValueError('this host, %s, is none of the job: %s' % (host, ', '.join(hosts)))
    interface = environment.get('SM_NETWORK_INTERFACE_NAME') or config.get('network_interface_name')
    return hosts, host, interface, int(environment.get('SM_NUM_GPUS') or 0)


def command(environment, program, arguments):
    """The command that this instance runs."""
    hosts, host, _, gpus = resources(environment)
    options = {
        '--nnodes': len(hosts),
        '--node_rank': hosts.index(host),
        # without GPUs one process has all cores.
        '--nproc_per_node': max(1, gpus),
        '--master_addr': hosts[0],
        '--master_port': PORT,
    }
    words = [str(word) for pair in options.items() for word in pair]
    return [sys.executable, '-m', 'torch.distributed.run'] + words + [program] + arguments


def variables(environment):
    """The environment of the command: the libraries must not guess by which network the instances reach each other."""
    _, _, interface, _ = resources(environment)
    found = dict(environment)
    if interface:
        for name in ('NCCL_SOCKET_IFNAME', 'GLOO_SOCKET_IFNAME'):
            found.setdefault(name, interface)
    return found


def wait_for(host, seconds=300):
    """An instance may be up before the name of the first one is known."""
    end = time.monotonic() + seconds
    while True:
        try:
            return socket.gethostbyname(host)
        except OSError as error:
            if time.monotonic() > end:
                raise RuntimeError('the name of the first instance, %s, is not known: %s' % (host, error)) from None
            time.sleep(2)


def main():
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'train.py')
    words = command(os.environ, program, sys.argv[1:])
    print(' '.join(words), flush=True)
    wait_for(words[words.index('--master_addr') + 1])
    # in place of this process, so that a SIGTERM from SageMaker goes to torchrun, which ends all its processes.
    os.execve(words[0], words, variables(os.environ))


if __name__ == '__main__':
    main()
