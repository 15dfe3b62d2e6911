#!/usr/bin/env python3
"""Three nodes share jobs through one MQTT broker, and one of them is killed on the way.

    python3 examples/fleet/fleet.py [JOBS]

Needs `trellis`, `mosquitto`, `mosquitto_pub` and `mosquitto_sub` on the PATH. Everything runs on this machine, in a
temporary folder, and ends with this program.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Where `make setup` installs greengrasssdk; a folder `python` in a node's root is for all its functions.
SDK = HERE.parent.parent / ".trellis" / "python"
NODES = ["node-1", "node-2", "node-3"]
# A new line of the jobs that are done shows that the fleet is alive.
SILENCE_SECONDS_MAX = 120

# What a node that is away will get waits in the broker: by default there is room for 1,000 messages, and more are lost.
BROKER = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
"""


@contextmanager
def running(command, **options):
    process = subprocess.Popen(command, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_line(stream, text):
    for line in stream:
        if text in line:
            return
    sys.exit(f"fleet: no line says {text!r}")


class Node:
    """One daemon with the example's function, and a root folder of its own."""

    def __init__(self, name, port, folder):
        self.name = name
        self.root = folder / name
        self.root.mkdir()
        (self.root / "python").symlink_to(SDK)
        configuration = {
            "thingName": name,
            "root": str(self.root),
            "subscriptions": str(HERE / "subscriptions.json"),
            "components": [str(HERE / "count-job.json")],
            # So many messages are acknowledged together, and come again when the node is killed meanwhile.
            "mqtt": {"endpoint": "127.0.0.1", "port": port, "receiveMaximum": 20},
        }
        self._file = folder / f"{name}.json"
        self._file.write_text(json.dumps(configuration))
        self.process = None

    def start(self):
        command = ["trellis", "run", "--quiet", "--config", self._file]
        self.process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE)
        await_line(self.process.stdout, "running")

    def await_connection(self):
        while True:
            command = ["trellis", "status", "--json", "--root", self.root]
            status = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            states = [status["mqtt"]["state"]] + [link["state"] for link in status["links"]]
            if set(states) == {"connected"}:
                return

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def publish(port, jobs):
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", "jobs/new", "-l"]
    lines = "".join(json.dumps({"job": job}) + "\n" for job in jobs)
    subprocess.run(command, input=lines, text=True, check=True)


def run(job_count):
    """How often each job was handled, and how many each node handled."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        (folder / "mosquitto.conf").write_text(BROKER.format(port=port))
        broker = stack.enter_context(
            running(["mosquitto", "-c", folder / "mosquitto.conf"], stderr=subprocess.PIPE)
        )
        await_line(broker.stderr, "running")
        nodes = [Node(name, port, folder) for name in NODES]
        for node in nodes:
            stack.callback(node.end)
            node.start()
            node.await_connection()
        print(f"{len(nodes)} nodes share the jobs of the broker on port {port}", flush=True)
        subscribe = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", "jobs/done", "-d"]
        done = stack.enter_context(running(["stdbuf", "-oL", *subscribe], stdout=subprocess.PIPE))
        await_line(done.stdout, "Subscribed")
        publish(port, range(job_count))

        times, handled_by = Counter(), Counter()
        victim = nodes[1]
        is_killed = False
        signal.alarm(SILENCE_SECONDS_MAX)
        for line in done.stdout:
            if not line.startswith("{"):
                continue
            signal.alarm(SILENCE_SECONDS_MAX)
            answer = json.loads(line)
            times[answer["job"]] += 1
            handled_by[answer["node"]] += 1
            if not is_killed and len(times) > job_count // 3:
                is_killed = True
                victim.kill()
                print(f"{victim.name} was killed after {len(times)} jobs, and is started again", flush=True)
                victim.start()
            if len(times) == job_count:
                break
        signal.alarm(0)
        return times, handled_by


def main():
    job_count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    os.chdir("/")
    times, handled_by = run(job_count)
    for name in NODES:
        print(f"{name} handled {handled_by[name]}")
    again = sum(count - 1 for count in times.values())
    print(f"{len(times)} of {job_count} jobs were handled, {again} of them again after the kill")


if __name__ == "__main__":
    main()
