"""Waits in a sandbox that was made ahead until it is told which instance it is, then runs the runtime.

Started as `python3 lambda_spare.py lambda_runtime.py --handler=module.function` with the function's
environment but for what tells its instances apart: that comes on standard input, a JSON object on one line.
"""

import os
import signal
import sys

# The first process of a PID namespace gets no signal that it has no handler for.
signal.signal(signal.SIGTERM, lambda _signal, _frame: os._exit(128 + signal.SIGTERM))

import json

import lambda_runtime
from greengrass_common import env_vars

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import lambda_rehearsal
import lambda_shared_code

del sys.path[0]

# A token and a number take a few hundred bytes.
LINE_BYTES_MAX = 64 * 1024


def _read_line():
    line = b''
    while not line.endswith(b'\n') and len(line) <= LINE_BYTES_MAX:
        part = os.read(0, 4096)
        if not part:
            # Nobody needs this sandbox any more.
            os._exit(0)
        line += part
    return line


def _become(variables):
    os.environ.update(variables)
    env_vars.AUTH_TOKEN = os.environ.get('AWS_CONTAINER_AUTHORIZATION_TOKEN')
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    del sys.argv[0]


if __name__ == '__main__':
    # Last in it are the packages that functions share.
    lambda_shared_code.keep(os.environ['PYTHONPATH'].rpartition(':')[2])
    lambda_rehearsal.rehearse(lambda_runtime)
    _become(json.loads(_read_line()))
    lambda_runtime.end_process(lambda_runtime.main(sys.argv[1:]))
