"""Carries messages between two mosquittos, by Trellis and by mosquitto's own bridge.

`run.py` uses it; by itself it takes the paths of trellis and of MQTTLoad: bridge.py TRELLIS MQTTLOAD.
"""

import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

# One message alone shows the latency; with many under way nothing waits for the next publish.
MESSAGES = {1: 2_000, 200: 20_000}
ROUNDS = 5

PLAIN = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
"""

# As out of the box, but for the topics: QoS as published, twenty messages in flight.
BRIDGE = """
connection bridge
address 127.0.0.1:{far}
topic up/# out 1
topic down/# in 1
cleansession true
notifications false
try_private true
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def mosquitto(folder, port, further=""):
    path = folder / f"{port}.conf"
    path.write_text(PLAIN.format(port=port) + further)
    process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", path], stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if line.rstrip().endswith("running"):
                break
        yield
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def trellis_bridge(trellis, folder, near, far):
    configuration = {
        "root": "root",
        "mqtt": {"endpoint": "127.0.0.1", "port": far, "maxInFlightPublishes": 20},
        "mqttEndpoints": {"Near": {"endpoint": "127.0.0.1", "port": near, "maxInFlightPublishes": 20}},
        "mqttTopicMapping": {
            "up": {"topic": "up/#", "source": "Near", "target": "IotCore"},
            "down": {"topic": "down/#", "source": "IotCore", "target": "Near"},
        },
    }
    (folder / "trellis.json").write_text(json.dumps(configuration))
    command = [trellis, "run", "--quiet", "--config", folder / "trellis.json"]
    process = subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE)
    try:
        for line in process.stdout:
            if line.startswith("running"):
                break
        wait_until_connected(trellis, folder)
        yield
    finally:
        process.terminate()
        process.wait()


def wait_until_connected(trellis, folder):
    while True:
        command = [trellis, "status", "--json", "--root", folder / "root"]
        status = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        if [status["mqtt"]["state"], status["links"][0]["state"]] == ["connected"] * 2:
            return
        time.sleep(0.05)


def measure(load, direction, qos, under_way, near, far):
    """Messages a second, and the median and 99th percentile in microseconds."""
    ports = {"up": [near, far], "down": [far, near], "direct": [near, near]}[direction]
    arguments = [ports[0], f"{direction}/a", ports[1], f"{direction}/#", qos, MESSAGES[under_way], under_way]
    output = subprocess.run(
        [load, *map(str, arguments)], capture_output=True, text=True, check=True
    ).stdout
    return list(map(float, output.split()))


def run(trellis, load):
    """For each direction and QoS: the medians of both bridges, and of Trellis' multiples of mosquitto's.

    The times are those that a bridge adds to the way over one broker.
    """
    trellis, load = Path(trellis).resolve(), Path(load).resolve()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = {name: (free_port(), free_port()) for name in ("trellis", "mosquitto")}
        for name, (near, far) in ports.items():
            stack.enter_context(mosquitto(folder, far))
            further = BRIDGE.format(far=far) if name == "mosquitto" else ""
            stack.enter_context(mosquitto(folder, near, further))
        stack.enter_context(trellis_bridge(trellis, folder, *ports["trellis"]))
        rows = []
        for direction in ("up", "down"):
            for qos in (0, 1):
                for under_way in MESSAGES:
                    rounds = {name: [] for name in ports}
                    for _ in range(ROUNDS):
                        direct = measure(load, "direct", qos, under_way, *ports["trellis"])
                        for name in ports:
                            rate, *times = measure(load, direction, qos, under_way, *ports[name])
                            added = [max(0.1, time - base) for time, base in zip(times, direct[1:])]
                            rounds[name].append([rate, *added])
                    ratios = [[a / b for a, b in zip(*pair)] for pair in zip(rounds["trellis"], rounds["mosquitto"])]
                    rows.append(
                        {
                            "direction": direction,
                            "qos": qos,
                            "under_way": under_way,
                            **{name: medians(found) for name, found in rounds.items()},
                            "ratio": medians(ratios),
                        }
                    )
        return rows


def medians(rounds):
    return dict(zip(("rate", "p50", "p99"), (statistics.median(column) for column in zip(*rounds))))


if __name__ == "__main__":
    for row in run(*sys.argv[1:3]):
        print(json.dumps(row))
