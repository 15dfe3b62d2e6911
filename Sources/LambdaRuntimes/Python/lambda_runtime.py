"""Runs a Python Lambda function: imports its handler, then calls it with one piece of work after another.

Started as `python3 lambda_runtime.py --handler=module.function` in the function's folder, or by hand, with
the environment that `trellis lambda env` gives, as `python3 -m lambda_runtime`.
"""

import os
import sys

_HERE = os.path.dirname(os.path.realpath(__file__))
_PACKAGES = os.path.join(_HERE, 'packages')
# A function can import the two packages, and nothing else of this folder. Its own comes in with its handler.
sys.path[:] = [_PACKAGES] + [
    path for path in sys.path if os.path.realpath(path) not in (_HERE, os.path.realpath(os.getcwd()))
]

import atexit
import json
import logging
import signal
import time
import traceback

from greengrass_common import common_log_appender, env_vars
from greengrass_common.function_arn_fields import FunctionArnFields
from greengrass_common.lambda_context import Context, decode_client_context
from greengrass_ipc_python_sdk.ipc_client import IPCClient, IPCException, WorkItem

# A handler's error is told in these bounds, so that its report is never itself too large to send.
ERROR_MESSAGE_CHARACTERS_MAX = 64 * 1024
STACK_TRACE_FRAMES_MAX = 100
# `timeoutInSeconds` of a function that does not set it.
TIMEOUT_SECONDS_DEFAULT = 3
# The core ends its functions when it ends: once it cannot be reached this often in a row, nobody is left to
# work for. The pauses between double from the first, 1.5 s in all.
GET_WORK_ATTEMPTS_MAX = 5
GET_WORK_FIRST_PAUSE_SECONDS = 0.1

EXIT_FAILED = 1
EXIT_INTERRUPTED = 128 + signal.SIGINT
EXIT_TERMINATED = 128 + signal.SIGTERM

_logger = logging.getLogger(__name__)


class Terminated(SystemExit):
    """Raised in the main thread by SIGTERM, so that every `finally` on its stack runs."""

    # Stays set when a bare `except:` of the function, or a destructor, swallows the exception.
    is_requested = False


class HandlerError(Exception):
    """What stands between the work and its result, in the words of the answer to the invoker."""

    def __init__(self, error_type, message, stack_trace=()):
        super().__init__(message)
        self.report = {
            'errorMessage': message[:ERROR_MESSAGE_CHARACTERS_MAX],
            'errorType': error_type,
            'stackTrace': list(stack_trace),
        }


class JSONEncoding:
    """Payloads and results of a function whose encoding type is json."""

    @staticmethod
    def decode(payload):
        return json.loads(payload) if payload else {}

    @staticmethod
    def encode(result):
        return json.dumps(result, allow_nan=False).encode()


class BinaryEncoding:
    """Payloads and results of a function whose encoding type is binary."""

    @staticmethod
    def decode(payload):
        return payload

    @staticmethod
    def encode(result):
        if result is None:
            return b''
        if isinstance(result, str):
            return result.encode('utf-8')
        if isinstance(result, (bytes, bytearray, memoryview)):
            return bytes(result)
        raise TypeError('a binary function returns bytes, text or None, not ' + type(result).__name__)


class Runtime:
    """One function, its handler and the core that has work for it."""

    def __init__(self, handler, ipc, environ):
        self._handler = handler
        self._ipc = ipc
        self._function = FunctionArnFields(env_vars.MY_FUNCTION_ARN)
        self._encoding = BinaryEncoding if (env_vars.ENCODING_TYPE or '').lower() == 'binary' else JSONEncoding
        self._timeout_seconds = _timeout_seconds(environ)
        self._process = os.getpid()

    def serve(self):
        """Works until the process is told to end."""
        while not Terminated.is_requested:
            self.serve_next()
        raise Terminated(EXIT_TERMINATED)

    def serve_next(self):
        """Waits for a piece of work, and does it."""
        item = self._get_work()
        deadline = time.monotonic() + self._timeout_seconds
        try:
            self._post_result(item.invocation_id, self._invoke(item, deadline))
        except HandlerError as error:
            self._post_error(item.invocation_id, error)

    def _get_work(self):
        pause_seconds = GET_WORK_FIRST_PAUSE_SECONDS
        for attempt in range(1, GET_WORK_ATTEMPTS_MAX + 1):
            try:
                return self._ipc.get_work(env_vars.MY_FUNCTION_ARN)
            except IPCException as error:
                _logger.warning('Getting work failed: %s', error)
                if attempt < GET_WORK_ATTEMPTS_MAX:
                    time.sleep(pause_seconds)
                    pause_seconds *= 2
        _logger.error('The core has not answered %d times in a row: giving up', GET_WORK_ATTEMPTS_MAX)
        raise SystemExit(EXIT_FAILED)

    def _invoke(self, item, deadline):
        """The encoded result. Whatever the work or the handler does wrong is a HandlerError."""
        try:
            client_context = decode_client_context(item.client_context)
            event = self._encoding.decode(item.payload)
        except (ValueError, RecursionError) as error:
            message = 'Unable to unmarshal input: {}'.format(error)
            _logger.error('%s', message)
            raise HandlerError('Runtime.UnmarshalError', message) from None
        context = Context(self._function, item.invocation_id, client_context, deadline)
        try:
            result = self._handler(event, context)
        except (SystemExit, KeyboardInterrupt):
            # The function asks for its end: the core sees the process exit and answers the invoker.
            raise
        except BaseException as error:
            if _quits_debugger(error):
                raise
            raise _describe(error) from None
        try:
            return self._encoding.encode(result)
        except Exception as error:
            message = 'Unable to marshal response: {}'.format(_text(error))
            _logger.error('%s', message)
            raise HandlerError('Runtime.MarshalError', message) from None

    def _end_if_forked(self):
        # A child that the handler forked and that found its way back here would answer a second time, and
        # then take work that is meant for its parent.
        if os.getpid() != self._process:
            end_process(0)

    def _post_result(self, invocation_id, result):
        self._end_if_forked()
        try:
            self._ipc.post_work_result(env_vars.MY_FUNCTION_ARN, WorkItem(invocation_id, result, ''))
        except IPCException as error:
            if error.status == 413:
                message = 'The result of {} bytes is larger than the core accepts'.format(len(result))
                raise HandlerError('Function.ResponseSizeTooLarge', message) from None
            _logger.error('The result of %s was not delivered: %s', invocation_id, error)

    def _post_error(self, invocation_id, error):
        self._end_if_forked()
        try:
            self._ipc.post_handler_err(env_vars.MY_FUNCTION_ARN, invocation_id, json.dumps(error.report))
        except IPCException as failure:
            _logger.error('The error of %s was not delivered: %s', invocation_id, failure)


def load_handler(name):
    """The function that `module.function` names; raises whatever keeps it from being there."""
    module_name, _, function_name = name.rpartition('.')
    if not module_name or not function_name:
        raise ValueError("the handler must be named MODULE.FUNCTION, not '{}'".format(name))
    module_name = module_name.replace('/', '.')
    # Only now: a module of the function must not take the place of one that the runtime itself imports.
    sys.path.insert(sys.path.index(_PACKAGES) + 1, os.getcwd())
    # Unlike importlib.import_module, this leaves the import machinery out of the traceback.
    __import__(module_name)
    module = sys.modules[module_name]
    handler = getattr(module, function_name, None)
    if not callable(handler):
        raise AttributeError("module '{}' has no function '{}'".format(module_name, function_name))
    return handler


def end_process(status):
    """Ends the process now, after its exit handlers.

    An ordinary exit would wait for the function's threads, and a timer that sets the next one never ends.
    """
    try:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def main(arguments):
    """Runs until the process is told to end, and returns its exit status."""
    common_log_appender.configure(os.environ)
    signal.signal(signal.SIGTERM, _terminate)
    # A process inherits what the thread that started it had blocked, and threads of pools block signals.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
    ipc = IPCClient()
    if env_vars.GG_DAEMON_PORT:
        ipc.connect()  # the core can accept it while the function is loaded
    try:
        handler = initialize(arguments, ipc)
        if handler is None:
            return EXIT_FAILED
        Runtime(handler, ipc, os.environ).serve()
    except SystemExit as error:
        return _exit_status(error)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:
        if _quits_debugger(error):
            return EXIT_INTERRUPTED
        _logger.exception('The runtime failed')
    return EXIT_FAILED


def initialize(arguments, ipc):
    """Loads the handler and tells the core how that went; None when it failed."""
    prefix = '--handler='
    named = (argument[len(prefix):] for argument in arguments if argument.startswith(prefix))
    name = next(named, os.environ.get('AWS_GREENGRASS_LAMBDA_FUNCTION_HANDLER', ''))
    try:
        handler = load_handler(name)
        why = None
    except Terminated:
        raise
    except BaseException as error:
        handler = None
        # The frame of `initialize` itself, and of `load_handler`, tell the reader nothing.
        frames = _user_frames(error, 2)
        why = ''.join(traceback.format_exception(type(error), error, frames, limit=-STACK_TRACE_FRAMES_MAX))
        why = why.rstrip()[-ERROR_MESSAGE_CHARACTERS_MAX:]
        _logger.error("Cannot load the handler '%s': %s", name, why)
    try:
        ipc.put_initialization_result(env_vars.MY_FUNCTION_ARN, why, asks_for_work=why is None)
    except IPCException as error:
        _logger.error('The core was not told of the initialization: %s', error)
        return None
    return handler


def _describe(error):
    """Logs what the handler raised, and puts it into the words of an answer."""
    frames = _user_frames(error, 1)
    error_type = type(error).__name__
    _logger.error('The handler raised %s', error_type, exc_info=(type(error), error, frames))
    stack_trace = traceback.format_tb(frames, limit=-STACK_TRACE_FRAMES_MAX)
    return HandlerError(error_type, _text(error), stack_trace)


def _quits_debugger(error):
    """Whether this is what pdb raises for its command `quit`; known by name, to import no debugger."""
    return type(error).__name__ == 'BdbQuit' and type(error).__module__ == 'bdb'


def _user_frames(error, own_frame_count):
    frames = error.__traceback__
    for _ in range(own_frame_count):
        frames = frames.tb_next if frames else None
    return frames


def _text(error):
    try:
        return str(error)
    except Exception:
        return '(the error has no readable text)'


def _timeout_seconds(environ):
    try:
        return int(environ['AWS_LAMBDA_FUNCTION_TIMEOUT'])
    except (KeyError, ValueError):
        return TIMEOUT_SECONDS_DEFAULT


def _exit_status(error):
    """The status that Python itself would exit with."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    print(error.code, file=sys.stderr)
    return 1


def _terminate(_signal, _frame):
    # A second signal must not cut short what the first one lets finish. SIG_IGN would be inherited by
    # the programs that the function still starts.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: None)
    Terminated.is_requested = True
    raise Terminated(EXIT_TERMINATED)


def _serve_forks(launcher):
    """Becomes a fork server; returns in its forks, each an instance with arguments of its own."""
    runtime_modules = list(sys.modules)
    sys.path.insert(0, _HERE)
    import lambda_fork_server

    del sys.path[0]
    lambda_fork_server.serve(launcher, sys.modules[__name__], runtime_modules)


if __name__ == '__main__':
    if sys.argv[1:] and sys.argv[1].startswith('--fork-server='):
        _serve_forks(sys.argv[1].partition('=')[2])
    end_process(main(sys.argv[1:]))
