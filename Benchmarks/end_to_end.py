"""Loads the daemon's HTTP interface for functions, and a server that does nothing, in turn.

`run.py` uses it.
"""

import base64
import json
import statistics
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

SOURCE = "arn:aws:lambda:eu-central-1:123456789012:function:publisher:1"
ROUTER_PATH = "/2016-11-01/functions/arn:aws:lambda:::function:GGRouter"
SUBJECT = "factory/1/line/2/temp"

# Requests on new connections, as the Python SDK makes them, and on kept ones: about two seconds of each.
REQUESTS = {"new": 20_000, "kept": 60_000}
CONNECTIONS = 16
PAYLOAD = "x" * 256
ROUNDS = 5

COMPONENT = {
    "lambdaFunction": {
        "lambdaArn": SOURCE,
        "componentName": "publisher",
        "componentLambdaParameters": {
            "pinned": False,
            "timeoutInSeconds": 3,
            "inputPayloadEncodingType": "json",
            "linuxProcessParams": {"isolationMode": "NoContainer"},
        },
    },
    "functionConfiguration": {"Runtime": "python3.9", "Handler": "publisher.handler", "CodeUri": "code/"},
}

# The local bus takes any number of messages: no queue fills up while this measures.
SUBSCRIPTIONS = {
    "subscriptions": {"row": {"id": "row", "source": SOURCE, "subject": SUBJECT, "target": "pubsub"}}
}


class Server:
    """A server that runs: where, and what a request to it has in its head."""

    def __init__(self, process, port, headers=()):
        self.process = process
        self.port = port
        self.headers = headers

    def load(self, program, kind, requests):
        """Makes requests.

        Gives the rate, percentiles in µs, and the CPU time that the server took for each in µs.
        """
        head = [
            f"POST {ROUTER_PATH} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Content-Length: {len(PAYLOAD)}",
            *(["Connection: close"] if kind == "new" else []),
            *self.headers,
        ]
        request = "\r\n".join([*head, "", PAYLOAD])
        command = [program, str(self.port), str(CONNECTIONS), str(requests), kind]
        cpu_before = self.cpu_microseconds()
        text = subprocess.run(command, input=request, text=True, stdout=subprocess.PIPE, check=True).stdout
        cpu = (self.cpu_microseconds() - cpu_before) / requests
        rate, p50, p99 = map(float, text.split())
        return {"rate": rate, "p50": p50, "p99": p99, "cpu": cpu}

    def cpu_microseconds(self):
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e3


@contextmanager
def running(command, **options):
    process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def bare_server(program):
    with running([program]) as process:
        yield Server(process, int(process.stdout.readline()))


@contextmanager
def daemon(trellis, folder):
    """The daemon with one function, as which the load is published."""
    (folder / "code").mkdir()
    (folder / "code" / "publisher.py").write_text("def handler(event, context): pass\n")
    (folder / "publisher.json").write_text(json.dumps(COMPONENT))
    (folder / "subscriptions.json").write_text(json.dumps(SUBSCRIPTIONS))
    configuration = {"root": "root", "components": ["publisher.json"], "mqtt": {"endpoint": "none"}}
    (folder / "trellis.json").write_text(json.dumps(configuration))
    command = [trellis, "run", "--quiet", "--config", folder / "trellis.json"]
    with running(command, cwd=folder) as process:
        for line in process.stdout:
            if line.startswith("running"):
                break
        environment = json.loads(
            subprocess.run(
                [trellis, "lambda", "env", "--json", "--root", folder / "root", "-n", "publisher"],
                text=True,
                capture_output=True,
                check=True,
            ).stdout
        )
        custom = {"source": SOURCE, "subject": SUBJECT, "queueFullPolicy": ""}
        context = base64.b64encode(json.dumps({"custom": custom}).encode()).decode()
        yield Server(
            process,
            int(environment["GG_DAEMON_PORT"]),
            [
                f"Authorization: {environment['AWS_CONTAINER_AUTHORIZATION_TOKEN']}",
                f"X-Amz-Client-Context: {context}",
                "X-Amz-Invocation-Type: Event",
            ],
        )


def run(trellis, bare_program, load_program):
    """Both servers under each kind of load: medians over the rounds, of the ratios too."""
    with tempfile.TemporaryDirectory() as folder:
        with daemon(trellis, Path(folder)) as ours, bare_server(bare_program) as bare:
            # The same bytes to both: the parser is not the difference.
            bare.headers = ours.headers
            return [measure(kind, ours, bare, load_program) for kind in REQUESTS]


def measure(kind, ours, bare, load_program):
    for server in (bare, ours):
        server.load(load_program, kind, REQUESTS[kind] // 10)
    # In turn, so that whatever slows the machine slows both.
    pairs = [
        [server.load(load_program, kind, REQUESTS[kind]) for server in (bare, ours)] for _ in range(ROUNDS)
    ]
    keys = ("rate", "p50", "p99", "cpu")
    return {
        "connections": kind,
        "bare": {key: statistics.median(pair[0][key] for pair in pairs) for key in keys},
        "ours": {key: statistics.median(pair[1][key] for pair in pairs) for key in keys},
        "ratio": {key: statistics.median(pair[1][key] / pair[0][key] for pair in pairs) for key in keys},
    }
