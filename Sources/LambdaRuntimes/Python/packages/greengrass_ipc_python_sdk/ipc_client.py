"""The calls that a function, and the runtime around it, make to the core."""

import json
import logging
import re
import threading
import time
from collections import namedtuple

from greengrass_common import env_vars
from greengrass_ipc_python_sdk.http_connection import ConnectionFailed, HTTPConnection

# A connection is not used again after it was idle this long. The core closes idle connections later than
# that, so a request and the core's closing do not cross on the wire.
IDLE_SECONDS_MAX = 4

_BASE_PATH = '/2016-11-01/functions/'
_WORK = '/work'
_INVOCATION_ID = 'X-Amz-InvocationId'
_CLIENT_CONTEXT = 'X-Amz-Client-Context'
_FUNCTION_ERROR = 'X-Amz-Function-Error'

_logger = logging.getLogger(__name__)
_kept = threading.local()

WorkItem = namedtuple('WorkItem', ['invocation_id', 'payload', 'client_context'])
GetWorkResultOutput = namedtuple('GetWorkResultOutput', ['payload', 'func_err'])
"""`func_err` is Handled, Unhandled or, when the function did not fail, empty."""


class IPCException(Exception):
    """The core refused a call, with the HTTP status `status`, or could not be reached: then that is None."""

    def __init__(self, message, status=None):
        super().__init__(message)
        self.status = status


class IPCClient:
    """Speaks with the core over one kept-alive connection for each thread; safe to share among threads."""

    def __init__(self, endpoint='localhost', port=None):
        # The core listens on IPv4 alone, and the name would have to be looked up.
        self._host = '127.0.0.1' if endpoint == 'localhost' else endpoint
        self._port = port if port is not None else env_vars.GG_DAEMON_PORT

    def post_work(self, function_arn, payload, client_context, invocation_type='RequestResponse'):
        """Invokes a function and returns the invocation's id; the router's invocation is a publish."""
        headers = {_CLIENT_CONTEXT: client_context or '', 'X-Amz-Invocation-Type': invocation_type}
        # Never repeated: the core may have taken the work even when its answer got lost.
        response = self._call('POST', function_arn, '', headers, _to_bytes(payload), is_repeatable=False)
        return response.headers.get(_INVOCATION_ID.lower(), '')

    def get_work_result(self, function_arn, invocation_id):
        """Waits until an invocation has a result."""
        response = self._call('GET', function_arn, '', {_INVOCATION_ID: invocation_id})
        return GetWorkResultOutput(response.body, response.headers.get(_FUNCTION_ERROR.lower(), ''))

    def get_work(self, function_arn):
        """Waits until there is work for this function."""
        response = self._call('GET', function_arn, _WORK)
        invocation_id = response.headers.get(_INVOCATION_ID.lower())
        if not invocation_id:
            raise IPCException('The core sent work without ' + _INVOCATION_ID)
        return WorkItem(invocation_id, response.body, response.headers.get(_CLIENT_CONTEXT.lower(), ''))

    def post_work_result(self, function_arn, work_item):
        """Answers an invocation with the item's payload."""
        headers = {_INVOCATION_ID: work_item.invocation_id}
        self._call('POST', function_arn, _WORK, headers, _to_bytes(work_item.payload))

    def post_handler_err(self, function_arn, invocation_id, handler_err):
        """Answers an invocation with the JSON text of an error that the handler raised."""
        headers = {_INVOCATION_ID: invocation_id, _FUNCTION_ERROR: 'Handled'}
        self._call('POST', function_arn, _WORK, headers, _to_bytes(handler_err))

    def put_initialization_result(self, function_arn, error_response=None, asks_for_work=False):
        """Tells that the function is ready or, with a text, why it will not be.

        With `asks_for_work` the core is asked for work along with it, and `get_work` must be the next call.
        """
        result = {'Success': error_response is None, 'Response': error_response or ''}
        ahead = self._request('GET', function_arn, _WORK) if asks_for_work else b''
        self._call('PUT', function_arn, '/initialized', body=json.dumps(result).encode(), ahead=ahead)

    def connect(self):
        """Connects to the core ahead of the first call, which tells if that can't be done."""
        try:
            self.keep(HTTPConnection.to(self._host, self._port))
        except ConnectionFailed:
            pass

    def keep(self, connection):
        """Has the next call on this thread use the connection to the core."""
        _kept.connection = (self._host, self._port, connection, time.monotonic())

    def _call(self, method, function_arn, suffix, headers=None, body=b'', is_repeatable=True, ahead=b''):
        request = self._request(method, function_arn, suffix, headers, body)
        try:
            response = self._exchange(request, is_repeatable, ahead)
        except ConnectionFailed as error:
            raise IPCException(
                'No answer from the core at {}:{}: {}'.format(self._host, self._port, error)
            ) from None
        if not 200 <= response.status < 300:
            _logger.error('HTTP Error %d:%s, %r', response.status, response.reason, response.body)
            raise IPCException('HTTP Error {}: {}'.format(response.status, response.reason), response.status)
        return response

    def _request(self, method, function_arn, suffix, headers=None, body=b''):
        if self._port is None:
            raise IPCException('GG_DAEMON_PORT is not set: this process was not started by the core')
        lines = [
            '{} {}{}{} HTTP/1.1'.format(method, _BASE_PATH, _to_field(function_arn), suffix),
            'Host: {}:{}'.format(self._host, self._port),
            'Authorization: ' + _to_field(env_vars.AUTH_TOKEN or ''),
        ]
        lines += [name + ': ' + _to_field(value) for name, value in (headers or {}).items()]
        if method != 'GET':
            lines.append('Content-Type: application/octet-stream')
            lines.append('Content-Length: {}'.format(len(body)))
        return ('\r\n'.join(lines) + '\r\n\r\n').encode('ascii') + body

    def _exchange(self, request, is_repeatable, ahead):
        """Sends the request; once more if a kept connection turns out dead and the call may be repeated."""
        connection = self._take_kept(request)
        if connection is not None:
            try:
                return self._exchange_on(connection, request, ahead)
            except ConnectionFailed as error:
                if error.is_answered or not is_repeatable:
                    raise
        return self._exchange_on(HTTPConnection.to(self._host, self._port), request, ahead)

    def _exchange_on(self, connection, request, ahead):
        # While it is in use the connection belongs to nobody else: a signal handler or a `finally` that
        # calls the core in the middle of this exchange opens its own.
        try:
            response = connection.exchange(request, ahead)
        except BaseException:
            connection.close()
            raise
        if connection.is_reusable:
            self.keep(connection)
        else:
            connection.close()
        return response

    def _take_kept(self, request):
        host, port, connection, since = _kept.__dict__.pop('connection', (None, None, None, 0))
        if connection is None:
            return None
        is_fresh = time.monotonic() - since <= IDLE_SECONDS_MAX
        if (host, port) == (self._host, self._port) and is_fresh and connection.may_carry(request):
            return connection
        connection.close()
        return None


def forget_connection():
    """Closes the connection that this thread has kept."""
    connection = _kept.__dict__.pop('connection', None)
    if connection is not None:
        connection[2].close()


def _to_bytes(payload):
    if isinstance(payload, str):
        return payload.encode('utf-8')
    if isinstance(payload, (bytes, bytearray, memoryview)):
        return bytes(payload)
    if hasattr(payload, 'read'):
        return _to_bytes(payload.read())
    raise TypeError('A payload is bytes, text or a file, not ' + type(payload).__name__)


def _to_field(value):
    """The value as it may stand in a request's head; a line break would start another header."""
    text = value.decode('latin-1') if isinstance(value, bytes) else str(value)
    if re.fullmatch('[\x21-\x7e]*', text) is None:
        raise IPCException('{!r} has characters that a request cannot carry'.format(text))
    return text
