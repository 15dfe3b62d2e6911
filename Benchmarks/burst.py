"""Lets many messages come at once to a function with many instances, and counts what the daemon takes for each.

`run.py` uses it.
"""

import http.client
import json
import os
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from end_to_end import SUBJECT, bare_server, component, daemon, function_arn, publish_head
from second_hop import BODY_BYTES

MESSAGES = 1_000
INSTANCES = 100
ROUNDS = 5
ROUNDS_ALONE = 2
WARM_UP_MESSAGES = 100
# The publish, the worker's wait and its answer.
REQUESTS_PER_MESSAGE = 3
BARE_REQUESTS = 30_000
# How long a handler computes.
WORK_MILLISECONDS = 1
# Only an instance that never comes takes so long.
PATIENCE_SECONDS = 60
WORKERS_PATH = "/2016-11-01/health/workers"

# It computes and does not only wait: the time is the thread's own. While the file is there, no instance is done
# with a message, so that each further one gets an instance of its own.
HANDLER = """
import os, socket, time

receipts = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

def handler(event, context):
    while os.path.exists({hold!r}):
        time.sleep(0.01)
    end = time.thread_time_ns() + {work} * 1_000_000
    while time.thread_time_ns() < end:
        pass
    receipts.sendto(b'%d %d %d' % (event['start'], event['connection'], time.monotonic_ns()), {receipts!r})
"""


def run(trellis, load_program, bare_program, http_load_program):
    """Medians over the rounds: milliseconds, and CPU time for a message in µs."""
    with bare_server(bare_program) as bare, tempfile.TemporaryDirectory() as name:
        burst = Burst(Path(name), load_program)
        with burst.daemon(trellis) as server:
            # With one message under way nothing competes for the cores: what a message takes of them at least.
            burst.load(server, 1, WARM_UP_MESSAGES)
            alone = [burst.measure(server, 1) for _ in range(ROUNDS_ALONE)]
            burst.start_instances(server)
            burst.load(server, MESSAGES, MESSAGES)
            rounds = [burst.measure(server, MESSAGES) for _ in range(ROUNDS)]
            bare.headers = server.headers
            request = bare.load(http_load_program, "kept", BARE_REQUESTS)["cpu"]
    median = lambda key, rows: statistics.median(row[key] for row in rows)
    least = MESSAGES * median("instances", alone) / 1e3 / len(os.sched_getaffinity(0))
    milliseconds = median("milliseconds", rounds)
    return {
        "milliseconds": milliseconds,
        "least_milliseconds": least,
        "ratio": milliseconds / least,
        "handler_cpu": median("instances", alone),
        "daemon_cpu": median("daemon", rounds),
        "bare_cpu": REQUESTS_PER_MESSAGE * request,
    }


class Burst:
    """A publisher and a function with many instances, in one folder."""

    def __init__(self, folder, load_program):
        self._folder = folder
        self._hold = folder / "hold"
        self._receipts = folder / "receipts"
        self._load_program = load_program

    def daemon(self, trellis):
        work = component("worker", "worker.handler")
        work["lambdaFunction"]["componentLambdaParameters"] |= {
            "maxInstancesCount": INSTANCES,
            "maxIdleTimeInSeconds": 600,
            "timeoutInSeconds": 600,
        }
        components = {"publisher": component("publisher", "publisher.handler"), "worker": work}
        code = {
            "publisher": "def handler(event, context): pass\n",
            "worker": HANDLER.format(hold=str(self._hold), receipts=str(self._receipts), work=WORK_MILLISECONDS),
        }
        return daemon(trellis, self._folder, components, code, {SUBJECT: function_arn("worker")})

    def load(self, server, in_flight, messages):
        """Seconds until so many messages are handled."""
        command = [self._load_program, str(server.port), self._receipts, str(in_flight), str(messages)]
        head = publish_head(server, BODY_BYTES)
        text = subprocess.run(command, input=head, text=True, stdout=subprocess.PIPE, check=True).stdout
        return messages / float(text.split()[0])

    def start_instances(self, server):
        """Has every instance there."""
        self._hold.touch()
        with ThreadPoolExecutor() as pool:
            load = pool.submit(self.load, server, INSTANCES, INSTANCES)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while len(workers(server)) < INSTANCES and time.monotonic() < deadline:
                time.sleep(0.1)
            self._hold.unlink()
            load.result()
        if len(workers(server)) < INSTANCES:
            raise RuntimeError("not all instances started: see the log of the function")

    def measure(self, server, in_flight):
        daemon_before, instances_before = server.cpu_microseconds(), instances_cpu(server)
        seconds = self.load(server, in_flight, MESSAGES)
        # Handlers tell before they have answered.
        while any(worker["WorkerState"] == "Working" for worker in workers(server)):
            time.sleep(0.01)
        return {
            "milliseconds": seconds * 1e3,
            "daemon": (server.cpu_microseconds() - daemon_before) / MESSAGES,
            "instances": (instances_cpu(server) - instances_before) / MESSAGES,
        }


def workers(server):
    """The instances that there are."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", WORKERS_PATH)
    found = json.loads(connection.getresponse().read())
    connection.close()
    return [worker for worker in found if worker["ProcessId"]]


def instances_cpu(server):
    """The CPU time of all instances in µs."""
    paths = [Path(f"/proc/{worker['ProcessId']}/schedstat") for worker in workers(server)]
    return sum(int(path.read_text().split()[0]) for path in paths) / 1e3
