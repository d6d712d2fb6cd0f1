"""The command line: `python -m cdk_hpo_worker worker ...` and `python -m cdk_hpo_worker batch-job`."""

import argparse
import os
import sys
import time

from cdk_hpo_worker import batch_job, settings
from cdk_hpo_worker.host import run_worker
from cdk_hpo_worker.output import Output


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        # argparse ends with 2 and a page of usage; a worker's log wants the one line that says what is wrong.
        raise settings.SettingsError('%s (see `%s --help`)' % (message, self.prog))


def main(arguments=None):
    started_at = time.monotonic()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # what comes after the double dash is the trial's, whatever it looks like.
    at = arguments.index('--') if '--' in arguments else len(arguments)
    own, command = arguments[:at], arguments[at + 1 :]
    output = Output()
    try:
        parsed = _parser().parse_args(own or ['worker'])
        if parsed.does == 'batch-job':
            return batch_job.run(batch_job.read_job(os.environ), output)
        return run_worker(settings.read(parsed, command, os.environ), output, started_at)
    except settings.SettingsError as error:
        output.say(str(error))
        settings.write_failure('cdk-hpo worker: %s' % error)
        return 1
    finally:
        output.close()


def _parser():
    parser = _Parser(prog='python -m cdk_hpo_worker', description='Runs trials of a cdk-hpo study on this machine.')
    commands = parser.add_subparsers(dest='does', metavar='worker | batch-job')
    commands.required = True
    worker = commands.add_parser(
        'worker',
        help='take trials from a study until it is over',
        usage='%(prog)s --function FUNCTION --study STUDY [options] [-- COMMAND ...]',
        epilog='After a double dash: the command of a trial; else the one that the study gives. Each option is also '
        'read from the environment, as CDK_HPO_WORKER_FUNCTION and so on.',
    )
    worker.add_argument('--function', help='name or ARN of the worker function of the tuner')
    worker.add_argument('--study', help='name of the study')
    worker.add_argument('--slots', help='how many trials run at once; auto (the default): one for each GPU, else 1')
    worker.add_argument('--max-seconds', help='hand back what runs shortly before so many seconds are over')
    worker.add_argument('--folder', help='where trials get their folders; default: a temporary folder')
    commands.add_parser('batch-job', help='run the one attempt that the environment describes, in a job of AWS Batch')
    return parser


if __name__ == '__main__':
    sys.exit(main())
