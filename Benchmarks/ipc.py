"""Speaks the Greengrass IPC: with the daemon, and with servers that do nothing, in turn.

`run.py` uses it; by itself it takes the paths of trellis, IPCLoad, BareIPCServer and BareIPCServerC.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from end_to_end import Server, running

SOCKET = "AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT"
ROUNDS = 5

# What IPCLoad publishes on, and where it subscribes.
TOPIC = "bench/topic"
# How many messages of a publisher are under way where not one is.
IN_FLIGHT = 64
# A second or two of each; and twice as many as the daemon keeps for a subscriber that does not read.
MESSAGES = {"flow": 300_000, "round trip": 30_000, "fan-out": 60_000, "hundred": 20_000}

RESOURCES = 1_000
IDLE_CONNECTIONS = 10_000
IDLE_SUBSCRIBERS, SUBSCRIPTIONS = 1_000, 10


def component(name):
    """A component that leaves its environment in a file, for the load to be it, and waits."""
    command = f'printf "%s\\n%s\\n" "$SVCUID" "${SOCKET}" > {name}.new; mv {name}.new {name}.environment; '
    return {"name": name, "run": command + "exec sleep 86400"}


def policies(name, resources):
    policy = {"operations": ["*"], "resources": resources}
    return {"aws.greengrass.ipc.pubsub": {f"{name}:pubsub:1": policy}}


class Daemon(Server):
    """The daemon, and what the environment of its components says."""

    def __init__(self, process, environments):
        super().__init__(process, 0)
        self.environments = environments

    def anonymous_bytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in status if line.startswith("RssAnon:")))


@contextmanager
def daemon(trellis):
    resources = {
        "plain": [TOPIC],
        "thousand": [*(f"bench/{number}/topic" for number in range(RESOURCES - 1)), TOPIC],
        "any": ["*"],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configuration = {
            "root": "root",
            "components": list(map(component, resources)),
            "accessControl": {name: policies(name, found) for name, found in resources.items()},
            "mqtt": {"endpoint": "none"},
        }
        (folder / "trellis.json").write_text(json.dumps(configuration))
        command = [trellis, "run", "--quiet", "--config", folder / "trellis.json"]
        with running(command, cwd=folder) as process:
            for line in process.stdout:
                if line.startswith("running"):
                    break
            files = {name: folder / f"{name}.environment" for name in resources}
            while not all(file.exists() for file in files.values()):
                time.sleep(0.01)
            yield Daemon(process, {name: environment(*file.read_text().split()) for name, file in files.items()})


def environment(token, socket):
    return os.environ | {"SVCUID": token, SOCKET: socket}


@contextmanager
def bare(*command):
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/socket"
        with running([command[0], socket, *command[1:]]) as process:
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"{command[0]} did not start")
            yield Daemon(process, {"blind": environment("any", socket)})


class Load:
    def __init__(self, program):
        self.program = program

    def flow(
        self, server, messages, name=None, *, publishers=1, subscribers=1, stalled=0, in_flight=IN_FLIGHT, how=None
    ):
        """Publishes messages as a component; gives rates and times, and the server's CPU time for each in µs."""
        name = name or next(iter(server.environments))
        how = how or ("blind" if name == "blind" else None)
        numbers = [publishers, subscribers, stalled, in_flight, messages]
        command = [self.program, "flow", *map(str, numbers), *([how] if how else [])]
        before = server.cpu_microseconds()
        text = subprocess.run(
            command, env=server.environments[name], text=True, stdout=subprocess.PIPE, check=True
        ).stdout
        cpu = (server.cpu_microseconds() - before) / messages
        return json.loads(text) | {"cpu": cpu}

    def idle_bytes(self, server, connections, subscriptions):
        """How much more memory the daemon has with so many connections that say nothing."""
        before = server.anonymous_bytes()
        command = [self.program, "idle", str(connections), str(subscriptions)]
        process = subprocess.Popen(
            command, env=server.environments["any"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the connections were not made")
        bytes = server.anonymous_bytes() - before
        process.communicate()
        return bytes


def in_turn(messages, *measures):
    """What each measures, in turn: medians over the rounds, of the ratios to the first too."""
    for measure in measures:
        measure(messages // 10)
    rounds = [[measure(messages) for measure in measures] for _ in range(ROUNDS)]
    # The same bytes go to and fro, or the times would say nothing.
    for key in ("response_bytes", "event_bytes"):
        if len({found[key] for row in rounds for found in row}) > 1:
            raise RuntimeError(f"messages of different sizes: {rounds[0]}")

    def medians(found):
        return {key: statistics.median(row[key] for row in found) for key in rounds[0][0]}

    def ratios(found):
        return [{key: row[key] / first[key] for key in row} for row, (first, *_) in zip(found, rounds)]

    return [{"found": medians(found), "ratio": medians(ratios(found))} for found in zip(*rounds)]


def run(trellis, load, bare_program, bare_c_program):
    load = Load(load)
    with daemon(trellis) as ours, bare(bare_program) as nio, bare(bare_c_program, "each") as c:
        # Right before fast.
        load.flow(ours, 20_000, publishers=4, subscribers=3, how="check")
        rows = []
        for name, options in {
            "flow": {},
            "round trip": {"in_flight": 1},
            "fan-out": {"subscribers": 8},
        }.items():
            servers = (nio, ours, c) if name == "fan-out" else (nio, ours)
            found = in_turn(
                MESSAGES[name],
                *(lambda messages, server=server: load.flow(server, messages, **options) for server in servers),
            )
            row = {"load": name, "bare": found[0]["found"], "ours": found[1]["found"], "ratio": found[1]["ratio"]}
            if name == "fan-out":
                row["c"] = found[2]["found"]
            rows.append(row)
        _, policy = in_turn(
            MESSAGES["flow"],
            *(lambda messages, name=name: load.flow(ours, messages, name) for name in ("plain", "thousand")),
        )
        _, stalled = in_turn(
            MESSAGES["hundred"],
            *(
                lambda messages, stalled=stalled: load.flow(ours, messages, subscribers=99, stalled=stalled)
                for stalled in (0, 1)
            ),
        )
    return {"loads": rows, "policy": policy, "stalled": stalled} | memory(trellis, load)


def memory(trellis, load):
    """Bytes a connection that does nothing, and a subscription: each in a daemon of its own."""

    def idle(connections, subscriptions):
        with daemon(trellis) as server:
            return load.idle_bytes(server, connections, subscriptions)

    subscribed = idle(IDLE_SUBSCRIBERS, SUBSCRIPTIONS) - idle(IDLE_SUBSCRIBERS, 0)
    return {
        "connection_bytes": idle(IDLE_CONNECTIONS, 0) / IDLE_CONNECTIONS,
        "subscription_bytes": subscribed / (IDLE_SUBSCRIBERS * SUBSCRIPTIONS),
    }


def soak(trellis, load, messages):
    """The daemon's memory after a tenth of the messages, and after all of them."""
    load = Load(load)
    with daemon(trellis) as server:
        load.flow(server, messages // 10)
        first = server.anonymous_bytes()
        load.flow(server, messages - messages // 10)
        return first, server.anonymous_bytes()


if __name__ == "__main__":
    print(json.dumps(run(*sys.argv[1:5]), indent=1))
