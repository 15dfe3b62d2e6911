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

def function_arn(name):
    return f"arn:aws:lambda:eu-central-1:123456789012:function:{name}:1"


SOURCE = function_arn("publisher")
ROUTER_PATH = "/2016-11-01/functions/arn:aws:lambda:::function:GGRouter"
SUBJECT = "factory/1/line/2/temp"

# Requests on new connections, as the Python SDK makes them, and on kept ones: about two seconds of each.
REQUESTS = {"new": 20_000, "kept": 60_000}
CONNECTIONS = 16
PAYLOAD = "x" * 256
ROUNDS = 5

def component(name, handler, pinned=False):
    """A component file; the function's code is in the folder of its name."""
    return {
        "lambdaFunction": {
            "lambdaArn": function_arn(name),
            "componentName": name,
            "componentLambdaParameters": {
                "pinned": pinned,
                "timeoutInSeconds": 3,
                "inputPayloadEncodingType": "json",
                "linuxProcessParams": {"isolationMode": "NoContainer"},
            },
        },
        "functionConfiguration": {"Runtime": "python3.9", "Handler": handler, "CodeUri": name},
    }


class Server:
    """A server that runs: where, what a request to it has in its head, and the publisher's token."""

    def __init__(self, process, port, headers=(), token=None):
        self.process = process
        self.port = port
        self.headers = headers
        self.token = token

    def load(self, program, kind, requests):
        """Makes requests.

        Gives the rate, percentiles in µs, and the CPU time that the server took for each in µs.
        """
        request = publish_head(self, len(PAYLOAD), ["Connection: close"] if kind == "new" else []) + PAYLOAD
        command = [program, str(self.port), str(CONNECTIONS), str(requests), kind]
        cpu_before = self.cpu_microseconds()
        text = subprocess.run(command, input=request, text=True, stdout=subprocess.PIPE, check=True).stdout
        cpu = (self.cpu_microseconds() - cpu_before) / requests
        rate, p50, p99 = map(float, text.split())
        return {"rate": rate, "p50": p50, "p99": p99, "cpu": cpu}

    def cpu_microseconds(self):
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e3


def publish_headers(token, subject):
    """What stands in the head of a publish, beside its length."""
    custom = {"source": SOURCE, "subject": subject, "queueFullPolicy": ""}
    return {
        "Authorization": token,
        "X-Amz-Client-Context": base64.b64encode(json.dumps({"custom": custom}).encode()).decode(),
        "X-Amz-Invocation-Type": "Event",
    }


def publish_head(server, body_bytes, headers=()):
    """The head of a publish with a body of so many bytes."""
    lines = [
        f"POST {ROUTER_PATH} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Content-Length: {body_bytes}",
        *headers,
        *server.headers,
    ]
    return "\r\n".join([*lines, "", ""])


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
def daemon(trellis, folder, components, code, targets, environment=None):
    """The daemon with some functions, of which `publisher` is the one as which the load is published.

    What it publishes goes to the target of its subject; the load is about `SUBJECT`.
    """
    for name, document in components.items():
        (folder / name).mkdir()
        (folder / name / f"{name}.py").write_text(code[name])
        (folder / f"{name}.json").write_text(json.dumps(document))
    rows = {
        f"row{number}": {"id": f"row{number}", "source": SOURCE, "subject": subject, "target": target}
        for number, (subject, target) in enumerate(targets.items())
    }
    (folder / "subscriptions.json").write_text(json.dumps({"subscriptions": rows}))
    files = [f"{name}.json" for name in components]
    configuration = {"root": "root", "components": files, "mqtt": {"endpoint": "none"}}
    (folder / "trellis.json").write_text(json.dumps(configuration))
    command = [trellis, "run", "--quiet", "--config", folder / "trellis.json"]
    with running(command, cwd=folder, env=environment) as process:
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
        token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        lines = [f"{name}: {value}" for name, value in publish_headers(token, SUBJECT).items()]
        yield Server(process, int(environment["GG_DAEMON_PORT"]), lines, token)


def run(trellis, bare_program, load_program):
    """Both servers under each kind of load: medians over the rounds, of the ratios too."""
    components = {"publisher": component("publisher", "publisher.handler")}
    code = {"publisher": "def handler(event, context): pass\n"}
    with tempfile.TemporaryDirectory() as folder:
        # The local bus takes any number of messages: no queue fills up while this measures.
        with (
            daemon(trellis, Path(folder), components, code, {SUBJECT: "pubsub"}) as ours,
            bare_server(bare_program) as bare,
        ):
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
