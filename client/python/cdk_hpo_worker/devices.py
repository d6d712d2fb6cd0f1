"""Shares the machine's GPUs and cores among the slots."""

import glob
import os
import re


def visible_gpus():
    """The names by which CUDA knows the GPUs that the worker may use."""
    given = os.environ.get('CUDA_VISIBLE_DEVICES')
    if given is not None:
        names = [name.strip() for name in given.split(',')]
        # CUDA itself reads the list up to the first name that is none.
        end = next((at for at, name in enumerate(names) if name in ('', '-1')), len(names))
        return names[:end]
    # each GPU that the container may use has a device file; asking nvidia-smi takes a second. CUDA counts them from 0,
    # whatever number is in the name of the file.
    files = [path for path in glob.glob('/dev/nvidia*') if re.fullmatch(r'/dev/nvidia[0-9]+', path)]
    return [str(number) for number in range(len(files))]


def count_cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1


def of_slot(slot, slots, gpus):
    """The GPUs of one slot of so many: some for itself, or one that it shares where there are more slots than GPUs."""
    if slots > len(gpus):
        return gpus[slot % len(gpus)] if gpus else None
    each = len(gpus) // slots
    return ','.join(gpus[slot * each : (slot + 1) * each])


def environment(slot, slots):
    """The variables that keep a trial to its share."""
    gpus = of_slot(slot, slots, visible_gpus())
    variables = {'OMP_NUM_THREADS': str(max(1, count_cores() // slots))}
    if gpus is not None:
        variables['CUDA_VISIBLE_DEVICES'] = gpus
    return variables
