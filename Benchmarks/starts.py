"""Starts a Python function, in the ways that there are, up to the first line of its handler.

`run.py` uses it; by itself it takes the paths of trellis and of a Python: starts.py TRELLIS PYTHON.
"""

import base64
import http.client
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ACCOUNT = "arn:aws:lambda:eu-central-1:123456789012:function:"
ROUTER_PATH = "/2016-11-01/functions/arn:aws:lambda:::function:GGRouter"
SDK = Path(__file__).resolve().parent.parent / ".trellis" / "python"
ROUNDS = 40
# Only an instance that never comes takes so long.
PATIENCE_SECONDS = 30

# The same code whoever starts it. It tells when its first line ran, and its process.
FUNCTION = """
import os
import time

import greengrasssdk

client = greengrasssdk.client('iot-data')


def handler(event, context):
    now = time.monotonic_ns()
    with open('{fifo}', 'w') as fifo:
        fifo.write('{{}} {{}}'.format(now, os.getpid()))
"""

# What the originals' runtime imports before it comes to the function, and nothing else of it.
NAIVE = """
import json
import logging
import sys
import urllib.request

sys.path.insert(0, '{folder}/code')
import function

function.handler({{}}, None)
sys.stdin.read()
"""

# Each start is of one kind: its parameters. A fixed seed can't be had by a fork.
FUNCTIONS = {
    "fast": {"maxIdleTimeInSeconds": 0},
    "plain": {"maxIdleTimeInSeconds": 0, "environmentVariables": {"PYTHONHASHSEED": "random"}},
    "fast-kept": {"maxIdleTimeInSeconds": 600},
    "plain-kept": {"maxIdleTimeInSeconds": 600, "environmentVariables": {"PYTHONHASHSEED": "random"}},
    "publisher": {},
}
# Functions that run as somebody else; only root can have them so.
OTHER_USER = "nobody:nogroup"
if os.geteuid() == 0:
    FUNCTIONS |= {"fast-user": FUNCTIONS["fast"], "fast-user-kept": FUNCTIONS["fast-kept"]}
KINDS = [kind for kind in ("plain", "fast", "fast-user") if kind in FUNCTIONS]


def interpreter():
    """A Python that needs no version manager's script: the system's, else the one that runs this."""
    found = sorted(Path("/usr/bin").glob("python3.[0-9]*[0-9]"))
    return found[-1] if found else Path(sys.executable).resolve()


class Starts:
    """A daemon with functions on demand, and what starts them."""

    def __init__(self, trellis, python, folder):
        self._python = python
        self._folder = folder
        self._fifo = folder / "fifo"
        os.mkfifo(self._fifo)
        self._fifo.chmod(0o666)
        self._reader = os.open(self._fifo, os.O_RDONLY | os.O_NONBLOCK)
        # So that the end of a writer is no end of file.
        self._writer = os.open(self._fifo, os.O_WRONLY)
        self._packages = next((folder / "root" / "runtimes").glob("*/python/packages"), None)
        self._trellis = trellis
        environment = json.loads(
            subprocess.run(
                [trellis, "lambda", "env", "--json", "--root", folder / "root", "-n", "publisher"],
                text=True,
                capture_output=True,
                check=True,
            ).stdout
        )
        self._token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        self._connection = http.client.HTTPConnection("127.0.0.1", int(environment["GG_DAEMON_PORT"]))

    def measure(self, start):
        """Milliseconds to the handler's first line, and the process, which is on its way to its end."""
        begin = time.monotonic_ns()
        start()
        now, pid = self._report()
        return (now - begin) / 1e6, pid

    def _report(self):
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        if not poll.poll(PATIENCE_SECONDS * 1000):
            sys.exit("bench: a function did not start: see its log")
        return map(int, os.read(self._reader, 100).split())

    def naive(self):
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{self._packages}:{SDK}"}
        process = subprocess.Popen(
            [self._python, self._folder / "naive.py"],
            env=environment,
            stdin=subprocess.PIPE,
        )
        self._naive = process

    def end_naive(self):
        self._naive.stdin.close()
        self._naive.wait()

    def publish(self, function):
        custom = {"source": ACCOUNT + "publisher:1", "subject": function, "queueFullPolicy": ""}
        headers = {
            "Authorization": self._token,
            "X-Amz-Client-Context": base64.b64encode(json.dumps({"custom": custom}).encode()).decode(),
            "X-Amz-Invocation-Type": "Event",
        }
        self._connection.request("POST", ROUTER_PATH, "{}", headers)
        self._connection.getresponse().read()


@contextmanager
def daemon(trellis, python, folder):
    (folder / "code").mkdir()
    (folder / "code" / "function.py").write_text(FUNCTION.format(fifo=folder / "fifo"))
    (folder / "naive.py").write_text(NAIVE.format(folder=folder))
    (folder / "root").mkdir()
    (folder / "root" / "python").symlink_to(SDK)
    for name, parameters in FUNCTIONS.items():
        run_with = {"runWith": {"posixUser": OTHER_USER}} if name.startswith("fast-user") else {}
        component = {
            "lambdaFunction": {
                "lambdaArn": f"{ACCOUNT}{name}:1",
                "componentName": name,
                "componentLambdaParameters": {
                    "pinned": False,
                    "linuxProcessParams": {"isolationMode": "NoContainer"},
                    **parameters,
                },
            },
            "functionConfiguration": {
                "Runtime": python.name,
                "Handler": "function.handler",
                "CodeUri": "code/",
                **run_with,
            },
        }
        (folder / f"{name}.json").write_text(json.dumps(component))
    rows = {
        name: {"id": name, "source": f"{ACCOUNT}publisher:1", "subject": name, "target": f"{ACCOUNT}{name}:1"}
        for name in FUNCTIONS
    }
    (folder / "subscriptions.json").write_text(json.dumps({"subscriptions": rows}))
    components = [f"{name}.json" for name in FUNCTIONS]
    configuration = {"root": "root", "components": components, "mqtt": {"endpoint": "none"}}
    (folder / "trellis.json").write_text(json.dumps(configuration))
    command = [trellis, "run", "--quiet", "--config", folder / "trellis.json"]
    environment = {"PATH": f"{python.parent}:/usr/bin:/bin"}
    process = subprocess.Popen(command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE)
    try:
        for line in process.stdout:
            if line.startswith("running"):
                break
        yield
    finally:
        process.terminate()
        process.wait()


def wait_for_end(pid):
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    select.select([descriptor], [], [], PATIENCE_SECONDS)
    os.close(descriptor)


def private_kib(pid):
    """What of a process's memory no other shares."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(row.split()[1]) for row in rows if row.startswith(("Private_Clean", "Private_Dirty")))


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def run(trellis, python, rounds=ROUNDS):
    """Medians of milliseconds and of the ratios to the naive start, and the private KiB of one more instance."""
    trellis, python = Path(trellis).resolve(), Path(python).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with daemon(trellis, python, folder):
            starts = Starts(trellis, python, folder)
            times = {kind: [] for kind in ("naive", *KINDS)}
            # The first of each compiles modules, starts the fork server and does not count.
            for _ in range(rounds + 1):
                times["naive"].append(starts.measure(starts.naive)[0])
                starts.end_naive()
                for kind in KINDS:
                    took, pid = starts.measure(lambda: starts.publish(kind))
                    times[kind].append(took)
                    wait_for_end(pid)
            memory = {}
            starts.naive()
            memory["naive"] = private_kib(list(starts._report())[1])
            starts.end_naive()
            for kind in KINDS:
                pid = starts.measure(lambda: starts.publish(kind + "-kept"))[1]
                memory[kind] = private_kib(pid)
                memory[kind + " guard"] = private_kib(parent(pid))
    times = {kind: all[1:] for kind, all in times.items()}
    return {
        "milliseconds": {kind: statistics.median(all) for kind, all in times.items()},
        "ratio": {
            kind: statistics.median(naive / time for naive, time in zip(times["naive"], times[kind]))
            for kind in KINDS
        },
        "private_kib": memory,
    }


if __name__ == "__main__":
    print(json.dumps(run(*sys.argv[1:3]), indent=1))
