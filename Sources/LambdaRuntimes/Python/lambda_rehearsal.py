"""Does what an instance does from its start to its first result, for nobody.

What runs for the first time is slow, and slower in a fork, which shares its memory with its parent: each page
that it writes to first costs it a copy. A process that waits has time for that.
"""

import logging
import os
import socket
import sys

from greengrass_common import common_log_appender
from greengrass_ipc_python_sdk import ipc_client
from greengrass_ipc_python_sdk.http_connection import ConnectionFailed, HTTPConnection

_HERE = os.path.dirname(os.path.realpath(__file__))
_FUNCTION = 'lambda_rehearsed'
# The core gives a function so many more, most of them short.
_FURTHER_VARIABLES = 40
_VARIABLE_BYTES_STEP = 16
_LEVELS = ('TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL')
# The answer to whatever is asked; the client context is {"custom": {"subject": "rehearsal"}}.
_ANSWER = (
    b'HTTP/1.1 200 OK\r\nX-Amz-InvocationId: 00000000-0000-0000-0000-000000000000\r\n'
    b'X-Amz-Client-Context: eyJjdXN0b20iOiB7InN1YmplY3QiOiAicmVoZWFyc2FsIn19\r\nContent-Length: 2\r\n\r\n{}'
)


def variables():
    """An environment like that of a function."""
    found = {b'_GG_LOG_FD_' + level.encode(): b'1' for level in _LEVELS}
    found[b'MY_FUNCTION_ARN'] = b'arn:aws:lambda:eu-central-1:000000000000:function:rehearsal:1'
    found[b'GG_DAEMON_PORT'] = b'1'
    found[b'PYTHONPATH'] = os.fsencode(os.path.dirname(_HERE))
    for number in range(_FURTHER_VARIABLES):
        found[b'TRELLIS_REHEARSAL_%d' % number] = b'x' * number * _VARIABLE_BYTES_STEP
    return found


def rehearse(runtime):
    """Loads a function and has it work, as `runtime` does; leaves no trace but in the memory it wrote to."""
    path, folder = sys.path[:], os.getcwd()
    streams = sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__
    os.chdir(_HERE)
    try:
        with open(os.devnull, 'wb', buffering=0) as log:
            environment = {'_GG_LOG_FD_' + level: str(log.fileno()) for level in _LEVELS}
            common_log_appender.configure(environment)
            _connect_to_nobody()
            ipc = ipc_client.IPCClient()
            ipc.keep(HTTPConnection(_AnsweringSocket()))
            handler = runtime.initialize(['--handler={}.handler'.format(_FUNCTION)], ipc)
            runtime.Runtime(handler, ipc, environment).serve_next()
    finally:
        ipc_client.forget_connection()
        os.chdir(folder)
        sys.path[:] = path
        sys.path_importer_cache.pop(_HERE, None)
        sys.modules.pop(_FUNCTION, None)
        logging.root.handlers.clear()
        logging.root.manager.loggerDict.pop(_FUNCTION, None)
        sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__ = streams


def _connect_to_nobody():
    with socket.socket() as deaf:
        deaf.bind(('127.0.0.1', 0))  # and does not listen
        try:
            HTTPConnection.to(*deaf.getsockname())
        except ConnectionFailed:
            pass


class _AnsweringSocket(socket.socket):
    """One end of a connection; what it sends is answered at once."""

    def __init__(self):
        near, self._far = socket.socketpair()
        super().__init__(fileno=near.detach())

    def sendall(self, request):
        super().sendall(request)
        self._far.sendall(_ANSWER * request.count(b' HTTP/1.1\r\n'))
