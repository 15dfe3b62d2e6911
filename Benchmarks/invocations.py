"""Measures a RequestResponse into a warm Python function, from the invoker's call to its result.

`run.py` uses it. The same exchange with a server in C that does nothing else; and with clients, in the invoker
and in the function, that connect anew for each request, as the originals' do.
"""

import json
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from end_to_end import component, daemon, function_arn, running

HERE = Path(__file__).resolve().parent
ROUNDS = 5
# Invocations in a round, by the pause before each in ms.
COUNTS = {0: 500, 3: 150}
TARGET = function_arn("handler")
HANDLER = "def handler(event, context): pass\n"


def run(trellis, server_program, python):
    """Medians over the rounds, in µs and as ratios, with and without a pause before each invocation."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        kinds = ("publisher", "handler", "originals")
        components = {kind: component(kind, f"{kind}.handler") for kind in kinds}
        stack.enter_context(daemon(trellis, folder, components, dict.fromkeys(kinds, HANDLER), {}))
        server = stack.enter_context(running([server_program]))
        port = server.stdout.readline().strip()
        runtime = next((folder / "root" / "runtimes").glob("*/python"))
        plain, anew = runtime / "lambda_runtime.py", HERE / "new_connections.py"
        token = lambda function: environment(trellis, folder, runtime, function)
        publisher = token("publisher")
        # The server in C asks nobody for a token.
        floor = publisher | {"GG_DAEMON_PORT": port}
        workers = {
            "floor": (floor, "handler", [plain, "--handler=handler.handler"]),
            "kept": (token("handler"), "handler", [plain, "--handler=handler.handler"]),
            "new": (token("originals"), "originals", [anew, runtime, "originals.handler"]),
        }
        for variables, function, command in workers.values():
            stack.enter_context(running([python, *command], cwd=folder / function, env=variables))

        def invoke(kind, pause):
            variables = floor if kind == "floor" else publisher
            command = [python, HERE / "invoker.py", function_arn(workers[kind][1])]
            command += ["new" if kind == "new" else "kept", str(COUNTS[pause]), str(pause)]
            return float(output(command, variables))

        rows = []
        for pause in COUNTS:
            # The first round warms up and does not count.
            rounds = [{kind: invoke(kind, pause) for kind in workers} for _ in range(ROUNDS + 1)][1:]
            row = {kind: statistics.median(round[kind] for round in rounds) for kind in workers}
            row["to_floor"] = statistics.median(round["kept"] / round["floor"] for round in rounds)
            row["to_new"] = statistics.median(round["new"] / round["kept"] for round in rounds)
            rows.append({"pause": pause} | row)
        return rows


def environment(trellis, folder, runtime, function):
    """What a process needs to be an instance of a function, in the place of the daemon's own."""
    command = [trellis, "lambda", "env", "--json", "--root", folder / "root", "-n", function]
    return json.loads(output(command, None)) | {"PYTHONPATH": str(runtime / "packages")}


def output(command, variables):
    return subprocess.run(command, env=variables, text=True, stdout=subprocess.PIPE, check=True).stdout
