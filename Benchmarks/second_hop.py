"""Measures a message's way from a function's publish over HTTP to a second function's handler.

`run.py` uses it. The second function is a small worker in C, so that what an interpreter takes does not hide
what the daemon takes; and a Python function with the real runtime.
"""

import statistics
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from end_to_end import SUBJECT, component, daemon, function_arn, publish_head, running

TARGET = function_arn("handler")

# One message alone shows its latency; with several under way nothing waits for the next publish.
MESSAGES = {1: 5_000, 16: 20_000}
ROUNDS = 5

# What HopLoad sends.
BODY_BYTES = 256

# The descriptor is kept: a function does the same with its own connections.
HANDLER = """
import socket, time

receipts = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

def handler(event, context):
    now = time.monotonic_ns()
    receipts.sendto(b'%d %d %d' % (event['start'], event['connection'], now), {path!r})
"""


def run(trellis, load_program, worker_program):
    """Both kinds of second function, with one message under way and with several: medians over the rounds."""
    with tempfile.TemporaryDirectory() as folder:
        receipts = Path(folder) / "receipts"
        components = {
            "publisher": component("publisher", "publisher.handler"),
            "handler": component("handler", "handler.handler", pinned=True),
        }
        code = {
            "publisher": "def handler(event, context): pass\n",
            "handler": HANDLER.format(path=str(receipts)),
        }
        with daemon(trellis, Path(folder), components, code, {SUBJECT: TARGET}) as server:
            head = publish_head(server, BODY_BYTES)
            load = [load_program, str(server.port), receipts]
            rows = [measure("Python", load, head, in_flight) for in_flight in MESSAGES]
            with worker(trellis, Path(folder), worker_program, receipts):
                rows += [measure("C", load, head, in_flight) for in_flight in MESSAGES]
            return rows


@contextmanager
def worker(trellis, folder, program, receipts):
    """The worker in the place of the daemon's own instance of the function."""
    command = [trellis, "lambda", "env", "--root", folder / "root", "-n", "handler", "--", program, receipts]
    with running(command) as process:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the worker did not start")
        yield


def measure(kind, load, head, in_flight):
    """A message a time or several: the rate, and percentiles in µs."""

    def round(messages):
        command = [*load, str(in_flight), str(messages)]
        text = subprocess.run(command, input=head, text=True, stdout=subprocess.PIPE, check=True).stdout
        return [float(word) for word in text.split()]

    round(MESSAGES[in_flight] // 10)
    rounds = [round(MESSAGES[in_flight]) for _ in range(ROUNDS)]
    rate, p50, p99 = (statistics.median(values) for values in zip(*rounds))
    return {"handler": kind, "in_flight": in_flight, "rate": rate, "p50": p50, "p99": p99}
