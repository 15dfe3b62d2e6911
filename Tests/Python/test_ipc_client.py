"""The IPC client in this process, against servers that behave in every way a server can."""

import logging
import os
import queue
import socket
import subprocess
import sys
import threading
import unittest

os.environ.update(AWS_CONTAINER_AUTHORIZATION_TOKEN='token')
from fake_core import FUNCTION_ARN, PACKAGES, PATIENCE_SECONDS

sys.dont_write_bytecode = True
sys.path.insert(0, PACKAGES)
from greengrass_common.function_arn_fields import FunctionArnFields
from greengrass_ipc_python_sdk import http_connection, ipc_client
from greengrass_ipc_python_sdk.ipc_client import IPCClient, IPCException, WorkItem

OK = b'HTTP/1.1 200 OK\r\nX-Amz-InvocationId: i\r\nContent-Length: 2\r\n\r\nok'
CLOSE = object()


class Script:
    """A server that gives each connection its own list of answers; CLOSE closes instead of answering."""

    def __init__(self, *connections):
        self._connections = list(connections)
        self.requests = queue.Queue()
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        # Wakes the accept that may still wait.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE_SECONDS)
        self._listener.close()

    def _serve(self):
        for number, answers in enumerate(self._connections):
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            peer.settimeout(PATIENCE_SECONDS)
            with peer, peer.makefile('rb') as reader:
                self._answer(number, peer, reader, answers)

    def _answer(self, number, peer, reader, answers):
        for answer in answers:
            if answer is CLOSE:
                return
            head = b''
            while not head.endswith(b'\r\n\r\n'):
                line = reader.readline()
                if not line:
                    return
                head += line
            length = 0
            for line in head.split(b'\r\n'):
                if line.lower().startswith(b'content-length:'):
                    length = int(line.split(b':')[1])
            self.requests.put((number, head, reader.read(length)))
            if answer is None:
                return
            try:
                peer.sendall(answer)
            except OSError:
                # The client has seen enough.
                return


class ClientCase(unittest.TestCase):
    def setUp(self):
        # No test finds the connection of the one before it.
        for _, _, connection, _ in ipc_client._kept.__dict__.values():
            connection.close()
        ipc_client._kept.__dict__.clear()

    def client(self, *connections):
        self.script = Script(*connections)
        self.addCleanup(self.script.close)
        return IPCClient(port=self.script.port)

    def request(self):
        return self.script.requests.get(timeout=PATIENCE_SECONDS)


class Calls(ClientCase):
    def test_the_requests_are_those_of_the_protocol(self):
        client = self.client([OK] * 6)
        client.post_work(FUNCTION_ARN, b'p', b'Yw==', 'Event')
        client.get_work_result(FUNCTION_ARN, 'id')
        client.get_work(FUNCTION_ARN)
        client.post_work_result(FUNCTION_ARN, WorkItem('id', b'r', ''))
        client.post_handler_err(FUNCTION_ARN, 'id', '{}')
        client.put_initialization_result(FUNCTION_ARN, None)
        base = b' /2016-11-01/functions/' + FUNCTION_ARN.encode()
        for line, headers, body in (
            (b'POST' + base, [b'X-Amz-Client-Context: Yw==', b'X-Amz-Invocation-Type: Event'], b'p'),
            (b'GET' + base, [b'X-Amz-InvocationId: id'], b''),
            (b'GET' + base + b'/work', [], b''),
            (b'POST' + base + b'/work', [b'X-Amz-InvocationId: id'], b'r'),
            (b'POST' + base + b'/work', [b'X-Amz-InvocationId: id', b'X-Amz-Function-Error: Handled'], b'{}'),
            (b'PUT' + base + b'/initialized', [], b'{"Success": true, "Response": ""}'),
        ):
            number, head, sent = self.request()
            self.assertEqual(number, 0)
            self.assertTrue(head.startswith(line + b' HTTP/1.1\r\n'), head)
            for header in headers + [b'Authorization: token']:
                self.assertIn(b'\r\n' + header + b'\r\n', head)
            self.assertEqual(sent, body)

    def test_payloads_may_be_bytes_text_or_files(self):
        for payload in (b'abc', 'abc', bytearray(b'abc'), memoryview(b'abc')):
            client = self.client([OK])
            client.post_work(FUNCTION_ARN, payload, '', 'Event')
            self.assertEqual(self.request()[2], b'abc')
            self.setUp()
        client = self.client([OK])
        with open(os.devnull, 'rb') as file:
            client.post_work(FUNCTION_ARN, file, '', 'Event')
        with self.assertRaises(TypeError):
            client.post_work(FUNCTION_ARN, 1, '', 'Event')

    def test_no_value_can_add_a_header_or_split_the_request(self):
        client = self.client([OK])
        for arn, context in (('arn x', ''), ('arn\r\nX: y', ''), (FUNCTION_ARN, 'a\r\nX: y'), ('\xfc', '')):
            with self.assertRaises(IPCException):
                client.post_work(arn, b'', context, 'Event')
        self.assertTrue(self.script.requests.empty())

    def test_a_refusal_is_logged_and_raised(self):
        client = self.client([b'HTTP/1.1 429 Too Many Requests\r\nContent-Length: 4\r\n\r\nfull'])
        with self.assertLogs('greengrass_ipc_python_sdk.ipc_client', logging.ERROR) as logs:
            with self.assertRaisesRegex(IPCException, '^HTTP Error 429: Too Many Requests$') as raised:
                client.post_work(FUNCTION_ARN, b'', '', 'Event')
        self.assertEqual(raised.exception.status, 429)
        self.assertEqual(logs.records[0].getMessage(), "HTTP Error 429:Too Many Requests, b'full'")
        self.assertEqual(logs.records[0].filename, 'ipc_client.py')

    def test_a_process_that_the_core_did_not_start_is_told_so(self):
        with self.assertRaisesRegex(IPCException, 'GG_DAEMON_PORT is not set'):
            IPCClient().get_work(FUNCTION_ARN)

    def test_work_without_an_id_is_refused(self):
        with self.assertRaisesRegex(IPCException, 'without X-Amz-InvocationId'):
            self.client([b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n']).get_work(FUNCTION_ARN)


class Responses(ClientCase):
    def body(self, *pieces):
        return self.client([b''.join(pieces)]).get_work_result(FUNCTION_ARN, 'id').payload

    def test_every_framing_of_a_body_is_understood(self):
        ok = b'HTTP/1.1 200 OK\r\n'
        chunked = ok + b'Transfer-Encoding: chunked\r\n\r\n'
        for expected, pieces in (
            (b'', [b'HTTP/1.1 204 No Content\r\n\r\n']),
            (b'', [ok, b'Content-Length: 0\r\n\r\n']),
            (b'abc', [ok, b'content-length:3\r\n\r\nabc']),
            (b'abc', [b'HTTP/1.1 200\nContent-Length: 3\n\nabc']),
            (b'abc', [b'HTTP/1.1 100 Continue\r\n\r\n', ok, b'Content-Length: 3\r\n\r\nabc']),
            (b'abc', [ok, b'Connection: close\r\n\r\nabc']),
            (b'abc', [b'HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc']),
            (b'abcd', [chunked, b'1\r\na\r\n3;x=y\r\nbcd\r\n0\r\nT: t\r\n\r\n']),
            (b'x' * 6_291_456, [ok, b'Content-Length: 6291456\r\n\r\n', b'x' * 6_291_456]),
        ):
            self.assertEqual(self.body(*pieces), expected)
            self.setUp()

    def test_a_malformed_or_oversized_response_is_refused(self):
        ok = b'HTTP/1.1 200 OK\r\n'
        chunked = ok + b'Transfer-Encoding: chunked\r\n\r\n'
        for why, response in (
            ('status line', b'HELLO\r\n\r\n'),
            ('status line', b'HTTP/2 200 OK\r\n\r\n'),
            ('header line', ok + b'no colon\r\n\r\n'),
            ('header line', ok + b'A: b\r\n folded\r\n\r\n'),
            ('not a length', ok + b'Content-Length: -1\r\n\r\n'),
            ('not a length', ok + b'Content-Length: 1_0\r\n\r\n'),
            ('not a length', ok + b'Content-Length: 1\r\nContent-Length: 2\r\n\r\n'),
            ('not a length', chunked + b'+1\r\na\r\n'),
            ('body too long', ok + b'Content-Length: 9999999999\r\n\r\n'),
            ('body too long', chunked + b'ffffffff\r\n'),
            ('body too long', chunked + (b'100000\r\n' + b'x' * 0x100000 + b'\r\n') * 17),
            ('body too long', ok + b'\r\n' + b'x' * (http_connection.BODY_BYTES_MAX + 100_000)),
            ('chunk too long', chunked + b'1\r\nab\r\n'),
            ('head too long', ok + b'A: ' + b'x' * 100_000),
            ('head too long', ok + b'A: b\r\n' * 100_000),
            ('head too long', b'HTTP/1.1 100 Continue\r\n\r\n' * 10_000),
            ('transfer coding', ok + b'Transfer-Encoding: gzip\r\n\r\n'),
            ('closed', ok + b'Content-Length: 5\r\n\r\nabc'),
            ('closed', ok[:10]),
        ):
            with self.assertRaisesRegex(IPCException, 'No answer from the core at 127.0.0.1:.*' + why):
                self.body(response)

    def test_a_refusal_before_the_body_is_read_is_heard(self):
        listener = socket.create_server(('127.0.0.1', 0))
        refusal = b'HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

        def refuse():
            peer, _ = listener.accept()
            with peer:
                peer.recv(100)
                peer.sendall(refusal)
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(1 << 20):
                    pass

        server = threading.Thread(target=refuse, daemon=True)
        server.start()
        with listener, self.assertRaisesRegex(IPCException, '413'):
            IPCClient(port=listener.getsockname()[1]).post_work(FUNCTION_ARN, b'x' * 10_000_000, '', 'Event')
        server.join(PATIENCE_SECONDS)


class Connections(ClientCase):
    def test_one_connection_carries_many_requests(self):
        client = self.client([OK] * 3)
        for _ in range(3):
            client.post_work(FUNCTION_ARN, b'', '', 'Event')
        self.assertEqual([self.request()[0] for _ in range(3)], [0, 0, 0])

    def test_a_connection_that_the_core_closed_while_idle_is_replaced(self):
        client = self.client([OK], [OK])
        client.post_work(FUNCTION_ARN, b'1', '', 'Event')
        kept = ipc_client._kept.connection[2]
        # Returns once the server's end is closed.
        self.assertEqual(kept._socket.recv(1, socket.MSG_PEEK), b'')
        client.post_work(FUNCTION_ARN, b'2', '', 'Event')
        self.assertEqual([self.request()[::2] for _ in range(2)], [(0, b'1'), (1, b'2')])

    def test_a_call_that_may_be_repeated_is_sent_again_when_its_kept_connection_dies(self):
        client = self.client([OK, None], [OK])
        client.get_work(FUNCTION_ARN)
        self.assertEqual(client.get_work(FUNCTION_ARN).payload, b'ok')
        self.assertEqual([self.request()[0] for _ in range(3)], [0, 0, 1])

    def test_posted_work_is_never_sent_twice(self):
        client = self.client([OK, None], [OK])
        client.post_work(FUNCTION_ARN, b'1', '', 'Event')
        with self.assertRaisesRegex(IPCException, 'No answer from the core'):
            client.post_work(FUNCTION_ARN, b'2', '', 'Event')
        client.post_work(FUNCTION_ARN, b'3', '', 'Event')
        self.assertEqual([self.request()[2] for _ in range(3)], [b'1', b'2', b'3'])
        self.assertTrue(self.script.requests.empty())

    def test_a_new_connection_that_dies_is_not_tried_again(self):
        client = self.client([None], [OK])
        with self.assertRaises(IPCException):
            client.get_work(FUNCTION_ARN)

    def test_half_a_response_is_not_tried_again(self):
        client = self.client([OK, OK[:-1]], [OK])
        client.get_work(FUNCTION_ARN)
        with self.assertRaises(IPCException):
            client.get_work(FUNCTION_ARN)

    def test_a_connection_with_unasked_bytes_is_not_used_again(self):
        client = self.client([OK + OK], [OK])
        client.get_work(FUNCTION_ARN)
        client.get_work(FUNCTION_ARN)
        self.assertEqual([self.request()[0] for _ in range(2)], [0, 1])

    def test_an_answer_that_says_close_is_the_last_of_its_connection(self):
        client = self.client([OK.replace(b'\r\n\r\n', b'\r\nConnection: close\r\n\r\n')], [OK])
        client.get_work(FUNCTION_ARN)
        client.get_work(FUNCTION_ARN)
        self.assertEqual([self.request()[0] for _ in range(2)], [0, 1])

    def test_a_connection_that_was_idle_for_long_is_not_used_again(self):
        client = self.client([OK], [OK])
        client.get_work(FUNCTION_ARN)
        host, port, connection, since = ipc_client._kept.connection
        ipc_client._kept.connection = (host, port, connection, since - ipc_client.IDLE_SECONDS_MAX - 1)
        client.get_work(FUNCTION_ARN)
        self.assertEqual([self.request()[0] for _ in range(2)], [0, 1])

    def test_work_is_asked_for_along_with_the_report(self):
        client = self.client([None])
        with self.assertRaises(IPCException):
            client.put_initialization_result(FUNCTION_ARN, asks_for_work=True)
        self.assertIn(b'/initialized', self.request()[1])
        client = self.client([OK, OK.replace(b'ok', b'it'), OK])
        client.put_initialization_result(FUNCTION_ARN, asks_for_work=True)
        self.assertIn(b'/initialized', self.request()[1])
        # Before the client comes to ask for it.
        self.assertIn(b'/work', self.request()[1])
        self.assertEqual(client.get_work(FUNCTION_ARN).payload, b'it')
        self.assertEqual(client.get_work(FUNCTION_ARN).payload, b'ok')
        self.assertEqual(self.request()[0], 0)
        self.assertTrue(self.script.requests.empty())

    def test_work_that_was_asked_for_early_is_asked_for_again_when_the_connection_dies(self):
        client = self.client([OK, None], [OK])
        client.put_initialization_result(FUNCTION_ARN, asks_for_work=True)
        self.assertEqual(client.get_work(FUNCTION_ARN).payload, b'ok')
        self.assertEqual([self.request()[0] for _ in range(3)], [0, 0, 1])

    def test_no_other_call_gets_the_answer_to_one_that_was_sent_early(self):
        client = self.client([OK, OK], [OK.replace(b'ok', b'it')])
        client.put_initialization_result(FUNCTION_ARN, asks_for_work=True)
        self.assertEqual(client.get_work_result(FUNCTION_ARN, 'id').payload, b'it')

    def test_a_connection_made_ahead_is_used(self):
        client = self.client([OK], [OK])
        client.connect()
        client.get_work(FUNCTION_ARN)
        self.assertEqual(self.request()[0], 0)

    def test_a_connection_that_cannot_be_made_ahead_is_no_failure(self):
        with socket.socket() as nobody:
            nobody.bind(('127.0.0.1', 0))
            client = IPCClient(port=nobody.getsockname()[1])
            client.connect()
            with self.assertRaisesRegex(IPCException, 'refused'):
                client.get_work(FUNCTION_ARN)

    def test_a_call_in_the_middle_of_another_has_its_own_connection(self):
        client = self.client([OK, OK], [OK])
        client.get_work(FUNCTION_ARN)
        first = ipc_client._kept.connection[2]

        def interrupt(request, ahead):
            first.close()
            raise KeyboardInterrupt

        first.exchange = interrupt
        with self.assertRaises(KeyboardInterrupt):
            client.get_work(FUNCTION_ARN)
        self.assertEqual(client.get_work(FUNCTION_ARN).payload, b'ok')

    def test_a_forked_child_neither_uses_nor_holds_the_connections_of_its_parent(self):
        client = self.client([OK, OK], [OK])
        client.get_work(FUNCTION_ARN)
        descriptor = ipc_client._kept.connection[2]._socket.fileno()
        child = os.fork()
        if child == 0:
            try:
                os.fstat(descriptor)
                os._exit(1)
            except OSError:
                os._exit(0)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        client.get_work(FUNCTION_ARN)
        self.assertEqual([self.request()[0] for _ in range(2)], [0, 0])

    def test_a_connection_that_the_function_closed_is_replaced_and_what_took_its_number_is_left_alone(self):
        client = self.client([OK], [OK], [OK])
        client.get_work(FUNCTION_ARN)
        os.close(ipc_client._kept.connection[2]._socket.fileno())
        client.get_work(FUNCTION_ARN)
        descriptor = ipc_client._kept.connection[2]._socket.fileno()
        own, other = socket.socketpair()
        self.addCleanup(other.close)
        os.dup2(own.detach(), descriptor)
        client.get_work(FUNCTION_ARN)
        os.write(descriptor, b'still open')
        self.assertEqual(other.recv(100), b'still open')
        os.close(descriptor)

    def test_a_started_program_does_not_inherit_a_connection(self):
        self.client([OK]).get_work(FUNCTION_ARN)
        self.assertFalse(ipc_client._kept.connection[2]._socket.get_inheritable())


class Imports(unittest.TestCase):
    def test_the_client_imports_nothing_heavy(self):
        program = 'import sys, greengrass_ipc_python_sdk.ipc_client; print(*sys.modules)'
        loaded = subprocess.check_output(
            [sys.executable, '-S', '-c', program], env=dict(os.environ, PYTHONPATH=PACKAGES), text=True
        ).split()
        for module in ('urllib', 'urllib.request', 'http', 'http.client', 'email', 'ssl', 'argparse'):
            self.assertNotIn(module, loaded)


class FunctionARNs(unittest.TestCase):
    def test_an_arn_is_taken_apart(self):
        fields = FunctionArnFields('arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:a_b-1:$LATEST')
        self.assertEqual(
            (fields.region, fields.account_id, fields.name, fields.qualifier),
            ('us-gov-west-1', '123456789012', 'a_b-1', '$LATEST'),
        )
        self.assertTrue(fields.to_arn_string().endswith(':a_b-1:$LATEST'))

    def test_qualifier_region_and_account_may_be_missing(self):
        fields = FunctionArnFields('arn:aws:lambda:::function:GGRouter')
        self.assertEqual((fields.region, fields.account_id, fields.qualifier), ('', '', None))
        self.assertEqual(fields.unqualified_arn, 'arn:aws:lambda:::function:GGRouter')
        self.assertEqual(fields.to_arn_string(), fields.unqualified_arn)
        self.assertEqual(FunctionArnFields.build_function_arn('a', 'v1'), 'a:v1')
        self.assertEqual(FunctionArnFields.build_function_arn('a', ''), 'a')

    def test_what_is_no_function_arn_is_refused(self):
        good = 'arn:aws:lambda:eu-central-1:123456789012:function:f'
        s3 = good.replace('lambda', 's3')
        for text in ('', 'f', good + ':', good + ':1:2', good + '\n', s3, good + ' '):
            with self.assertRaises(ValueError):
                FunctionArnFields(text)


if __name__ == '__main__':
    unittest.main()
