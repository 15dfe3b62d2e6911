"""Starts a Python function in a container, in the ways that there are, up to the first line of its handler.

`run.py` uses it. Only a daemon that runs as root, with a container runtime, can show them: `lacks` says what is
missing.
"""

import http.client
import os
import select
import shutil
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from burst import workers
from end_to_end import SOURCE, component, daemon, function_arn, publish_headers
from starts import NAIVE, ROUTER_PATH, SDK

ROUNDS = 15
PATIENCE_SECONDS = 30
# A spare is made when its function was quiet for 200 ms; then its interpreter imports the runtime.
SPARE_SECONDS = 0.6

HANDLER = """
import os
import time

import greengrasssdk

client = greengrasssdk.client('iot-data')


def handler(event, context):
    now = time.monotonic_ns()
    with open('{fifos}/fifo', 'w') as fifo:
        fifo.write('{{}} {{}}'.format(now, os.getpid()))
    while event.get('stays') and os.path.exists('{fifos}/stays'):
        time.sleep(0.05)
"""

# The daemon finds no control groups, and has nothing but a watchdog to limit memory.
WITHOUT_LIMITS = """#!/bin/sh
if [ "$1" = run ] && [ -z "$HIDDEN" ]; then
    HIDDEN=1 exec unshare --mount --propagation private "$0" "$@"
fi
[ -z "$HIDDEN" ] || grep -o '/sys/fs/cgroup/[^ ]*memory[^ ]*' /proc/self/mounts | xargs -rn 1 umount
exec {trellis} "$@"
"""
KINDS = {"exec": (False, False), "container": (True, False), "spare": (True, True)}


def lacks():
    """What keeps this machine from showing containers; None if nothing does."""
    if os.geteuid() != 0:
        return "only root can limit containers everywhere"
    return None if shutil.which("crun") else "there is no crun"


def functions(fifos, python):
    """Each is started in one way only: in a container or in none, and from a spare or anew."""
    volume = {"sourcePath": str(fifos), "destinationPath": str(fifos), "permission": "rw"}
    found = {"publisher": component("publisher", "publisher.handler")}
    for name, (is_contained, is_fast) in KINDS.items():
        found[name] = document = component(name, f"{name}.handler")
        parameters = document["lambdaFunction"]["componentLambdaParameters"]
        parameters |= {"maxIdleTimeInSeconds": 0, "timeoutInSeconds": 600}
        if is_contained:
            parameters["linuxProcessParams"] = {"containerParams": {"volumes": [volume]}}
        document["functionConfiguration"] |= {"fastStart": is_fast}
    for document in found.values():
        document["functionConfiguration"] |= {"Runtime": python.name}
    return found


class Starts:
    """What starts functions, and hears of the first line of a handler."""

    def __init__(self, server, fifos, python, naive, environment):
        self._server = server
        self._stays = fifos / "stays"
        self._reader = os.open(fifos / "fifo", os.O_RDONLY | os.O_NONBLOCK)
        # So that the end of a writer is no end of file.
        self._writer = os.open(fifos / "fifo", os.O_WRONLY)
        self._naive = [python, naive]
        self._environment = environment
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def _wait(self, begin):
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        if not poll.poll(PATIENCE_SECONDS * 1000):
            raise RuntimeError("a function did not start: see its log")
        return (int(os.read(self._reader, 100).split()[0]) - begin) / 1e6

    def naive(self):
        """Milliseconds of the naive start."""
        begin = time.monotonic_ns()
        process = subprocess.Popen(self._naive, env=self._environment, stdin=subprocess.PIPE)
        took = self._wait(begin)
        process.stdin.close()
        process.wait()
        return took

    def start(self, name, payload="{}", count_left=0):
        """Milliseconds from a publish, and waits until so many instances are left."""
        begin = time.monotonic_ns()
        headers = publish_headers(self._server.token, name)
        self._connection.request("POST", ROUTER_PATH, payload, headers)
        self._connection.getresponse().read()
        took = self._wait(begin)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(workers(self._server)) > count_left:
            if time.monotonic() > deadline:
                raise RuntimeError("an instance did not end: see its log")
            time.sleep(0.01)
        return took

    @contextmanager
    def one_stays(self, name):
        """While it lives, its function has a spare."""
        self._stays.touch()
        self.start(name, '{"stays": true}', count_left=1)
        yield
        self._stays.unlink()


@contextmanager
def started(trellis, python):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fifos = folder / "fifos"
        fifos.mkdir()
        os.mkfifo(fifos / "fifo")
        # Nobody's functions open it.
        (fifos / "fifo").chmod(0o666)
        (folder / "root").mkdir()
        (folder / "root" / "python").symlink_to(SDK)
        (folder / "naive.py").write_text(NAIVE.format(folder=folder))
        (folder / "code").mkdir()
        (folder / "code" / "function.py").write_text(HANDLER.format(fifos=fifos))
        code = {kind: HANDLER.format(fifos=fifos) for kind in KINDS}
        code |= {"publisher": "def handler(event, context): pass\n"}
        targets = {kind: function_arn(kind) for kind in KINDS}
        path = {"PATH": f"{python.parent}:/usr/sbin:/usr/bin:/sbin:/bin"}
        with daemon(trellis, folder, functions(fifos, python), code, targets, path) as server:
            packages = next((folder / "root" / "runtimes").glob("*/python/packages"))
            environment = path | {"PYTHONPATH": f"{packages}:{SDK}"}
            yield Starts(server, fifos, python, folder / "naive.py", environment)


def run(trellis, python):
    """Medians of milliseconds and of the ratios to the start without container; the spare's to the naive one."""
    with tempfile.TemporaryDirectory() as name:
        unlimited = Path(name) / "trellis"
        unlimited.write_text(WITHOUT_LIMITS.format(trellis=trellis))
        unlimited.chmod(0o755)
        with started(trellis, python) as starts:
            limited = in_turn(
                {
                    "naive": starts.naive,
                    "exec": lambda: starts.start("exec"),
                    "limited": lambda: starts.start("container"),
                }
            )
            with starts.one_stays("spare"):

                def spare():
                    time.sleep(SPARE_SECONDS)
                    return starts.start("spare", count_left=1)

                spares = in_turn({"naive": starts.naive, "spare": spare})
        with started(unlimited, python) as starts:
            free = in_turn(
                {"exec": lambda: starts.start("exec"), "unlimited": lambda: starts.start("container")}
            )
    return {
        "milliseconds": {
            kind: statistics.median(times)
            for kind, times in (limited | {"unlimited": free["unlimited"], "spare": spares["spare"]}).items()
        },
        "ratio": {
            "limited": ratio(limited["limited"], limited["exec"]),
            "unlimited": ratio(free["unlimited"], free["exec"]),
            "spare": ratio(spares["naive"], spares["spare"]),
        },
    }


def in_turn(ways):
    """Milliseconds of each way, by turns; the first of each compiles modules and does not count."""
    rounds = [{kind: start() for kind, start in ways.items()} for _ in range(ROUNDS + 1)][1:]
    return {kind: [round[kind] for round in rounds] for kind in ways}


def ratio(times, others):
    return statistics.median(time / other for time, other in zip(times, others))
