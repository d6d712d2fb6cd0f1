"""Runs the trials of a cdk-hpo study on this machine, several at a time: a host of a training cluster, or any machine.

    python -m cdk_hpo_worker worker --function WORKER_FUNCTION --study STUDY [--slots 4] [-- python3 train.py]

Python 3.8 or newer, standard library only (on AWS it uses boto3). Each trial is a child process with a folder and an
environment of its own, laid out as SageMaker lays out a training job's container.
"""
