"""One kept-alive HTTP/1.1 connection, with nothing that takes long to import."""

import os
import re
import socket
import weakref
from collections import namedtuple

# The core listens on the loopback interface: a connect that takes this long will not succeed.
CONNECT_SECONDS_MAX = 10
# The core refuses requests with longer heads; what it answers is far shorter.
HEAD_BYTES_MAX = 64 * 1024
# The core carries at most 6 MiB: only a peer that is not the core sends more than this.
BODY_BYTES_MAX = 16 * 1024 * 1024

_RECEIVE_BYTES = 64 * 1024
_STATUS_LINE = re.compile(rb'HTTP/1\.([01]) ([1-5][0-9][0-9])(?: (.*))?')
_HEADER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")

Response = namedtuple('Response', ['status', 'reason', 'headers', 'body'])
"""`headers` by lower-case name."""


class ConnectionFailed(Exception):
    """No complete response came; `is_answered` tells whether a part of one did."""

    def __init__(self, message, is_answered):
        super().__init__(message)
        self.is_answered = is_answered


class HTTPConnection:
    """Sends one request at a time; `is_reusable` tells whether another may follow."""

    def __init__(self, connected):
        self._received = bytearray()
        self._is_answered = False
        self._head_bytes_left = 0
        self._sent_ahead = b''
        self.is_reusable = False
        self._socket = connected
        self._identity = self._identify()
        _open_connections.add(self)

    @classmethod
    def to(cls, host, port):
        """Connects; raises ConnectionFailed."""
        # Text would have Python import its codec for names of hosts, with all of Unicode's tables.
        name = host.encode('ascii' if host.isascii() else 'idna')
        try:
            connected = socket.create_connection((name, port), CONNECT_SECONDS_MAX)
        except OSError as error:
            raise ConnectionFailed(str(error), False) from None
        connected.settimeout(None)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(connected)

    def close(self):
        """Closes this process' end."""
        if self._is_intact():
            self._socket.close()
        else:
            self._socket.detach()

    def may_carry(self, request):
        """Whether the peer has neither closed the connection nor sent what nobody asked for.

        If a request was sent ahead, only that one may follow.
        """
        if self._sent_ahead:
            return request == self._sent_ahead
        if self._received or not self._is_intact():
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def _is_intact(self):
        # A function that closes every descriptor, as daemons do, closes this one too, and what it opens next
        # may get the same number.
        try:
            return self._identify() == self._identity
        except OSError:
            return False

    def _identify(self):
        status = os.fstat(self._socket.fileno())
        return status.st_dev, status.st_ino

    def exchange(self, request, ahead=b''):
        """Sends the request and waits, without limit, for its response.

        `ahead` is the request that will be next, if that is certain; it is sent along.
        """
        self._is_answered = self.is_reusable = False
        self._head_bytes_left = HEAD_BYTES_MAX
        failure = None
        to_send = ahead if self._sent_ahead else request + ahead
        self._sent_ahead = ahead
        try:
            self._socket.sendall(to_send)
        except OSError as error:
            # A server may refuse a request from its head alone, and close: its answer is there to read.
            failure = error
        try:
            response = self._read_response()
        except OSError as error:
            raise ConnectionFailed(str(failure or error), self._is_answered) from None
        if failure:
            self.is_reusable = False
        return response

    def _read_response(self):
        status = 100
        while status < 200:
            minor, status, reason = self._read_status_line()
            headers = self._read_headers()
        keeps_alive = minor == b'1' and 'close' not in headers.get('connection', '').lower()
        body = self._read_body(status, headers)
        is_delimited = body is not None
        if not is_delimited:
            body = self._read_until_closed()
        self.is_reusable = keeps_alive and is_delimited
        return Response(status, reason, headers, body)

    def _read_status_line(self):
        match = _STATUS_LINE.fullmatch(self._read_line())
        if match is None:
            raise self._malformed('not an HTTP/1.1 status line')
        return match.group(1), int(match.group(2)), (match.group(3) or b'').decode('latin-1')

    def _read_headers(self):
        headers = {}
        while True:
            line = self._read_line()
            if not line:
                return headers
            match = _HEADER_LINE.fullmatch(line)
            if match is None:
                raise self._malformed('not a header line')
            name = match.group(1).decode('ascii').lower()
            value = match.group(2).decode('latin-1')
            headers[name] = headers[name] + ', ' + value if name in headers else value

    def _read_body(self, status, headers):
        """None when only the end of the connection ends the body."""
        if status in (204, 304):
            return b''
        coding = headers.get('transfer-encoding')
        if coding is not None:
            if coding.lower() != 'chunked':
                raise self._malformed('unknown transfer coding')
            return self._read_chunks()
        length = headers.get('content-length')
        if length is None:
            return None
        return self._read_exactly(self._body_length(length, 10))

    def _read_chunks(self):
        body = bytearray()
        while True:
            # Chunk extensions carry nothing that this client knows.
            size = self._body_length(self._read_line().split(b';')[0].strip().decode('latin-1'), 16)
            if size == 0:
                self._read_headers()
                return bytes(body)
            if len(body) + size > BODY_BYTES_MAX:
                raise self._malformed('body too long')
            body += self._read_exactly(size)
            if self._read_line():
                raise self._malformed('chunk too long')
            # The limit is meant for heads, not for the lines between any number of chunks.
            self._head_bytes_left = HEAD_BYTES_MAX

    def _read_until_closed(self):
        while self._receive():
            if len(self._received) > BODY_BYTES_MAX:
                raise self._malformed('body too long')
        return self._take(len(self._received))

    def _body_length(self, text, base):
        # int() alone would accept signs, underscores and spaces.
        if not re.fullmatch('[0-9]{1,10}' if base == 10 else '[0-9a-fA-F]{1,8}', text):
            raise self._malformed('not a length')
        length = int(text, base)
        if length > BODY_BYTES_MAX:
            raise self._malformed('body too long')
        return length

    def _read_line(self):
        searched = 0
        while True:
            end = self._received.find(b'\n', searched)
            searched = len(self._received)
            if (searched if end < 0 else end) >= self._head_bytes_left:
                raise self._malformed('head too long')
            if end >= 0:
                self._head_bytes_left -= end + 1
                line = self._take(end + 1)
                return line[:-2] if line.endswith(b'\r\n') else line[:-1]
            self._receive_more()

    def _read_exactly(self, count):
        while len(self._received) < count:
            self._receive_more()
        return self._take(count)

    def _take(self, count):
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def _receive_more(self):
        if not self._receive():
            raise ConnectionFailed('the connection was closed', self._is_answered)

    def _receive(self):
        data = self._socket.recv(_RECEIVE_BYTES)
        if data:
            self._is_answered = True
            self._received += data
        return bool(data)

    def _malformed(self, why):
        return ConnectionFailed('malformed response: ' + why, True)


_open_connections = weakref.WeakSet()


def _close_in_child():
    for connection in list(_open_connections):
        connection.close()


# A forked child must neither speak on its parent's connections nor hold them open.
os.register_at_fork(after_in_child=_close_in_child)
