"""A core that speaks the legacy API with one function, and a function's process under it."""

import base64
import json
import os
import queue
import subprocess
import sys
import threading
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RUNTIME = os.environ['TRELLIS_PYTHON_RUNTIME']
PACKAGES = os.path.join(os.path.dirname(RUNTIME), 'packages')
FUNCTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'functions')
# Long enough for a slow machine: only a test that is about to fail waits for it.
PATIENCE_SECONDS = 30

FUNCTION_ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:tested:7'
ROUTER_ARN = 'arn:aws:lambda:::function:GGRouter'
TOKEN = 'token-of-the-tested-instance'
BASE_PATH = '/2016-11-01/functions/'

Request = namedtuple('Request', ['method', 'path', 'headers', 'body', 'client_port'])
Answer = namedtuple('Answer', ['status', 'headers', 'body'])

LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']


def encode_context(fields):
    return base64.b64encode(json.dumps(fields).encode()).decode()


def decode_context(header):
    return json.loads(base64.b64decode(header))


class FakeCore:
    """Answers as the core does; `on_post_work`, `on_get_result` and `on_post_result` may be replaced."""

    def __init__(self):
        self.initialized = queue.Queue()
        self.work = queue.Queue()
        self.results = queue.Queue()
        self.posted = queue.Queue()
        self.on_post_work = lambda request: Answer(202, {'X-Amz-InvocationId': 'id-of-posted'}, b'')
        self.on_get_result = lambda request: Answer(200, {}, b'')
        self.on_post_result = lambda request: Answer(200, {}, b'')
        self.on_get_work = None
        core = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *arguments):
                pass

            def _serve(self):
                body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                request = Request(self.command, self.path, self.headers, body, self.client_address[1])
                answer = core._answer(request)
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header('Content-Length', str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = _serve

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request, client_address):
                """A killed function leaves broken connections behind."""

        self._server = Server(('127.0.0.1', 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def send(self, payload, context='', invocation_id='id-1'):
        headers = {'X-Amz-InvocationId': invocation_id, 'X-Amz-Client-Context': context}
        self.work.put(Answer(200, headers, payload))

    def _answer(self, request):
        if request.headers['Authorization'] != TOKEN:
            return Answer(403, {}, b'Unknown token.')
        own = BASE_PATH + FUNCTION_ARN
        if (request.method, request.path) == ('PUT', own + '/initialized'):
            self.initialized.put(json.loads(request.body))
            return Answer(200, {}, b'')
        if (request.method, request.path) == ('GET', own + '/work'):
            return self.on_get_work(request) if self.on_get_work else self.work.get()
        if (request.method, request.path) == ('POST', own + '/work'):
            answer = self.on_post_result(request)
            self.results.put(request)
            return answer
        if request.method == 'POST':
            answer = self.on_post_work(request)
            self.posted.put(request)
            return answer
        return self.on_get_result(request)


class FunctionProcess:
    """A function under the runtime; its log is read from one descriptor for each level."""

    def __init__(self, core, handler, environ=(), folder=FUNCTIONS, python_path=()):
        ends = {level: os.pipe() for level in LEVELS}
        writing = {level: end[1] for level, end in ends.items()}
        environment = {
            'PATH': os.environ['PATH'],
            'LANG': 'C.UTF-8',
            'PYTHONDONTWRITEBYTECODE': '1',
            'MY_FUNCTION_ARN': FUNCTION_ARN,
            'AWS_CONTAINER_AUTHORIZATION_TOKEN': TOKEN,
            'GG_DAEMON_PORT': str(core.port),
            'ENCODING_TYPE': 'json',
            'ROUTER_FUNCTION_ARN': ROUTER_ARN,
            'SHADOW_FUNCTION_ARN': 'arn:aws:lambda:::function:GGShadowService',
            'SECRETS_MANAGER_FUNCTION_ARN': 'arn:aws:lambda:::function:GGSecretManager:1',
            'PYTHONPATH': os.pathsep.join(python_path),
        }
        # As under the core: stdout and stderr are the descriptors of INFO and ERROR.
        numbers = dict(writing, INFO=1, ERROR=2)
        environment.update({'_GG_LOG_FD_' + level: str(number) for level, number in numbers.items()})
        environment.update(environ)
        self.process = subprocess.Popen(
            [sys.executable, RUNTIME, '--handler=' + handler],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=writing['INFO'],
            stderr=writing['ERROR'],
            pass_fds=list(writing.values()),
        )
        for descriptor in writing.values():
            os.close(descriptor)
        self._lines = {level: queue.Queue() for level in LEVELS}
        self._readers = [
            threading.Thread(target=self._read, args=(level, ends[level][0]), daemon=True) for level in LEVELS
        ]
        for reader in self._readers:
            reader.start()

    def next_line(self, level):
        return self._lines[level].get(timeout=PATIENCE_SECONDS)

    def remaining_lines(self, level):
        """The lines that were not taken yet, once the process has ended."""
        for reader in self._readers:
            reader.join(PATIENCE_SECONDS)
        return list(self._lines[level].queue)

    def wait(self):
        return self.process.wait(PATIENCE_SECONDS)

    def close(self):
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(PATIENCE_SECONDS)

    def _read(self, level, descriptor):
        with open(descriptor, encoding='utf-8', newline='\n') as lines:
            for line in lines:
                self._lines[level].put(line[:-1] if line.endswith('\n') else line + '(no line end)')
