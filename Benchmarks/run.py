#!/usr/bin/env python3
"""Builds and runs the benchmarks; `make bench` is this program. docs/benchmarks.md says what they measure.

    run.py                  all but the counts; writes results/ and fills in docs/benchmarks.md
    run.py quick            the index against the floor, in about a minute once built
    run.py hostile          only filters and topics that mean harm, against a plain trie
    run.py http             only the daemon's HTTP interface against a bare server
    run.py hop              only the way from a publish to a second function's handler
    run.py starts           only the starts of functions
    run.py functions        all that is about functions: their starts, invocations, bursts and memory
    run.py bridge           only messages between two MQTT brokers, against mosquitto's own bridge
    run.py spool            only the spool of what waits for the cloud
    run.py ipc              only the Greengrass IPC, against servers that do nothing
    run.py soak             memory while ten million subscriptions come and go, of 10,000 buses, and while ten million
                            messages pass over the Greengrass IPC; fails if it grows
    run.py counts           allocations a publish, which must be none, and instructions a match, by callgrind;
                            fails if they are more than they were
    run.py counts --accept  writes down how many instructions they are now

BENCH_SEED chooses the seed of the workloads.
"""

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import bridge
import burst
import container_starts
import end_to_end
import invocations
import ipc
import loaded
import report
import second_hop
import spool
import starts

PACKAGE = Path(__file__).resolve().parent
RESULTS = PACKAGE / "results"
PAGE = PACKAGE.parent / "docs" / "benchmarks.md"
DRAWINGS = PACKAGE.parent / "docs" / "benchmarks"
THRESHOLDS = PACKAGE / "thresholds" / "instructions.json"

# How often each thing is measured; the medians count.
ROUNDS = "5"
# Two cores are rarely both free on a machine with other programs.
READER_ROUNDS = "10"

MATCH_WORKLOADS = ["w1_1k.uni", "w1_100k.uni", "w1_100k.zipf", "w1_1m.uni", "w2", "w2z", "w3", "w4", "w5"]
# Tables far larger than the caches depend on the pages that a process happens to get: the process in the middle.
PROCESSES = {"w1_1m.uni": 3}

# Which filters, and which topics; RouterComparison has them.
HOSTILE_WORKLOADS = ["strange.w2", "strange.w4", "alike.w2", "alike.w4"]
HOSTILE_WORKLOADS += ["strange.levels", "strange.bytes", "strange.separators", "strange.maze"]

SOAK_STEPS = 10_000_000
SOAK_BUSES = 10_000
# Rows with wildcards on many buses may take so many times what they take on one: a bus costs no more than its rows.
SOAK_BUSES_FACTOR = {"exact": 1.1, "mixed": 2.0}

SOAK_MESSAGES = 10_000_000
# By how much the daemon's memory may grow from the first million on.
SOAK_MESSAGES_FACTOR = 1.1

MEMORY_WORKLOADS = ["w1_100k.filters", "w2.filters"]
READER_WORKLOADS = ["w1_100k.uni", "w2"]
COUNT_WORKLOADS = ["w1_1k.uni", "w2", "w4"]

# By how much more instructions than before the counts fail, and by how much fewer they ask to be accepted.
COUNT_TOLERANCE = 0.10
# What they are compiled for: callgrind knows it, and the committed numbers hold on every machine that has it.
COUNT_CPU = "x86-64-v3"
COUNT_CPU_FLAGS = {"avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"}


def for_cpu(name):
    """Compiler flags that make both sides use the same instructions.

    `-Xcc` is for C, and for the C importer within the Swift compiler, from which that takes the CPU for its
    own code too; `-Xcxx` is for C++. They stand on the command line, where they hold for every target: a
    manifest has no say in a package that it depends on, and so none in TopicRouter. `objdump -d` shows what
    it does: with `native`, and not without, both sides have `mulx` and `ymm` registers.
    """
    return ["-Xcc", f"-march={name}", "-Xcxx", f"-march={name}"]


def output(command, **options):
    """What a program prints; this ends if the program fails."""
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, **options)
    if result.returncode != 0:
        sys.exit(f"bench: {Path(command[0]).name} failed\n{result.stdout}")
    return result.stdout.strip()


def build(product, *, cpu="native", scratch=".build", options=()):
    """Builds a program in release mode and gives its path."""
    command = ["swift", "build", "-c", "release", "--package-path", PACKAGE]
    command += ["--scratch-path", PACKAGE / scratch, *for_cpu(cpu), *options]
    output([*command, "--product", product], stderr=subprocess.STDOUT)
    return Path(output([*command, "--show-bin-path"])) / product


class Router:
    """RouterComparison, which measures the index."""

    def __init__(self, **options):
        generate = PACKAGE / "workloads" / "generate.py"
        self.folder = output([sys.executable, generate, "--seed", os.environ.get("BENCH_SEED", "0")])
        self.program = build("RouterComparison", **options)

    def ask(self, command, subject, how=ROUNDS):
        return output([self.program, command, self.folder, subject, how])

    def match(self):
        """A line a workload: its name, nanoseconds of the index, of the floor, and their ratio."""
        rows = []
        for workload in MATCH_WORKLOADS:
            lines = [self.ask("match", workload) for _ in range(PROCESSES.get(workload, 1))]
            line = sorted(lines, key=lambda line: float(line.split()[-1]))[len(lines) // 2]
            print(line, flush=True)
            name, ours, floor, ratio = line.split()
            rows.append({"workload": name, "ours": float(ours), "floor": float(floor), "ratio": float(ratio)})
        return rows

    def memory(self):
        rows = []
        for filters in MEMORY_WORKLOADS:
            ours, floor = (float(self.ask("memory", filters, engine)) for engine in ("trellis", "floor"))
            print(f"memory of {filters}: {ours} bytes a subscription, the floor {floor}", flush=True)
            rows.append({"filters": filters, "ours": ours, "floor": floor})
        return rows

    def pin(self):
        cost = float(self.ask("pin", "w1_1k.uni"))
        print(f"pinning the reader for each match and not for 64 together: {cost} ns more", flush=True)
        return cost

    def filter_check(self):
        time = float(self.ask("filter", "w5.churn"))
        print(f"checking a filter of w5 before it is subscribed to, not counted above: {time} ns", flush=True)
        return time

    def readers(self):
        rows = {}
        for workload in READER_WORKLOADS:
            rows[workload] = [float(word) for word in self.ask("readers", workload, READER_ROUNDS).split()]
            speed_ups = " ".join(f"{count}: {value}" for count, value in enumerate(rows[workload], 1))
            print(f"readers of {workload} together, times as much as one of them: {speed_ups}", flush=True)
        return rows

    def writer(self):
        slow_down, changes = (float(word) for word in self.ask("writer", "w5").split())
        print(f"a match takes {slow_down} times as long during {changes:.0f} changes a second", flush=True)
        return {"slow_down": slow_down, "changes_per_second": changes}


def hostile(router):
    """The index against a plain trie while hostile filters are there."""
    rows = []
    for workload in HOSTILE_WORKLOADS:
        line = router.ask("hostile", workload)
        print(f"hostile: {line}", flush=True)
        name, *numbers = line.split()
        rows.append({"workload": name} | dict(zip(("ours", "trie", "ratio", "calm"), map(float, numbers))))
    return rows


def broker():
    """Publishing in the process, up to the last subscriber."""
    rows = [json.loads(line) for line in output([build("BrokerLatency")]).splitlines()]
    for row in rows:
        print(f"publish, {row['scenario']}: {report.latencies(row)}", flush=True)
    return rows


def http():
    """The daemon's HTTP interface for functions against a server that does nothing."""
    build("trellis-launcher")
    rows = end_to_end.run(build("trellis"), build("BareHTTPServer"), build("HTTPLoad"))
    for row in rows:
        print(f"HTTP, {row['connections']} connections: {report.requests(row)}", flush=True)
    return rows


def hop():
    """The way from a publish over HTTP to the handler of a second function."""
    build("trellis-launcher")
    rows = second_hop.run(build("trellis"), build("HopLoad"), build("HopWorker"))
    for row in rows:
        print(f"second hop, {row['handler']}, {row['in_flight']} under way: {report.hops(row)}", flush=True)
    return rows


def function_starts():
    """A function's start against a naive one."""
    build("trellis-launcher")
    found = starts.run(build("trellis"), starts.interpreter())
    print(report.starts({"starts": found}), flush=True)
    return found


def in_containers():
    """The starts of functions in containers; None where there can be none."""
    lack = container_starts.lacks()
    if lack:
        print(f"bench: no container is started: {lack}", flush=True)
        return None
    build("trellis-launcher")
    found = container_starts.run(build("trellis"), starts.interpreter())
    print(report.containers({"containers": found}), flush=True)
    return found


def warm_invocations():
    """A RequestResponse into a warm function, against a server in C and against the originals' way."""
    build("trellis-launcher")
    found = invocations.run(build("trellis"), build("LongPollServer"), starts.interpreter())
    print(report.invocations({"invocations": found}), flush=True)
    return found


def message_burst():
    """Many messages at once to a function with many instances."""
    build("trellis-launcher")
    found = burst.run(build("trellis"), build("HopLoad"), build("BareHTTPServer"), build("HTTPLoad"))
    print(report.burst({"burst": found}), flush=True)
    return found


def loaded_functions():
    """The memory of functions that sleep."""
    build("trellis-launcher")
    found = loaded.run(build("trellis"))
    print(report.loaded({"loaded": found}), flush=True)
    return found


def functions():
    return {
        "starts": function_starts(),
        "containers": in_containers(),
        "invocations": warm_invocations(),
        "burst": message_burst(),
        "loaded": loaded_functions(),
    }


def mqtt_bridge():
    """Messages between two mosquittos, by Trellis and by mosquitto's own bridge."""
    build("trellis-launcher")
    found = bridge.run(build("trellis"), build("MQTTLoad"))
    print(report.bridge({"bridge": found}), flush=True)
    return found


def spool_speed():
    """Messages into the spool, against SQLite in a loop."""
    found = spool.run(build("SpoolSpeed"))
    print(report.spool({"spool": found}), flush=True)
    return found


def greengrass_ipc():
    """Publishing and subscribing over the Greengrass IPC, against servers that do nothing."""
    build("trellis-launcher")
    found = ipc.run(build("trellis"), build("IPCLoad"), build("BareIPCServer"), build("BareIPCServerC"))
    print(report.ipc({"ipc": found}), flush=True)
    return found


def soak():
    """Watches memory: ends with an error if it grows."""
    program = build("Soak")
    subprocess.run([program, "churn", str(SOAK_STEPS)], check=True)
    for rows, factor in SOAK_BUSES_FACTOR.items():
        one, many = (float(output([program, "buses", str(count), rows])) for count in (1, SOAK_BUSES))
        print(f"{rows} rows: {one} bytes a row on one bus, {many} on {SOAK_BUSES:,} buses", flush=True)
        if many > factor * one:
            sys.exit(f"soak: {SOAK_BUSES:,} buses take over {factor} times the memory of their rows")
    build("trellis-launcher")
    first, last = ipc.soak(build("trellis"), build("IPCLoad"), SOAK_MESSAGES)
    print(f"{SOAK_MESSAGES:,} messages by IPC: {first >> 10:,} KiB after a tenth, {last >> 10:,} KiB after all")
    if last > SOAK_MESSAGES_FACTOR * first:
        sys.exit("soak: the daemon's memory grows with messages")
    print("soak: memory stays as it is")


def lacks_for_counts():
    """What keeps this machine from counting as others do; None if nothing does."""
    if platform.machine() != "x86_64":
        return f"the committed numbers are for x86_64, and this is {platform.machine()}"
    flags = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    missing = COUNT_CPU_FLAGS - set(flags[1].split() if flags else [])
    return f"this CPU has not all of {COUNT_CPU}: no {', '.join(sorted(missing))}" if missing else None


def counts(accept):
    """Counts the allocations of a publish, and compares the instructions of a match with what they were.

    Compiled for a CPU that callgrind knows, and not for this one. Swift's hashes are seeded at random, unless
    they are told otherwise.
    """
    lack = lacks_for_counts()
    if lack:
        print(f"bench: nothing is counted: {lack}")
        return
    if not shutil.which("valgrind"):
        sys.exit("bench: the counts need callgrind: `scripts/setup.sh counts` installs valgrind")
    options = {"cpu": COUNT_CPU, "scratch": ".build-counts", "options": ["-debug-info-format", "none"]}
    allocations = output([build("BrokerLatency", **options), "allocations"])
    print("\n".join(f"publish, {line} allocations" for line in allocations.splitlines()), flush=True)
    if any(not line.endswith(": 0") for line in allocations.splitlines()):
        sys.exit("bench: a publish allocates")
    router = Router(**options)
    callgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=/dev/null"]
    environment = os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1"}
    found = {}
    for workload in COUNT_WORKLOADS:
        command = [*callgrind, router.program, "count", router.folder, workload, "trellis"]
        text = output(command, env=environment, stderr=subprocess.STDOUT)
        instructions = int(re.search(r"Collected : (\d+)", text)[1])
        topics = int(re.search(r"^(\d+)$", text, re.MULTILINE)[1])
        found[workload] = round(instructions / topics)
    if accept:
        THRESHOLDS.write_text(json.dumps(found, indent=2) + "\n")
    accepted = json.loads(THRESHOLDS.read_text())
    is_worse = False
    for workload, count in found.items():
        change = count / accepted[workload] - 1
        print(f"{workload}: {count} instructions a match, {change:+.1%} against {accepted[workload]}")
        if change < -COUNT_TOLERANCE:
            print("  better: write it down with `make bench ARGS='counts --accept'`")
        is_worse |= change > COUNT_TOLERANCE
    if is_worse:
        sys.exit(f"bench: over {COUNT_TOLERANCE:.0%} more instructions; if that must be: counts --accept")


def quick(router):
    return {
        "match": router.match(),
        "memory": router.memory(),
        "pin": router.pin(),
        "filter_check": router.filter_check(),
    }


def everything():
    router = Router()
    results = circumstances() | quick(router)
    results |= {"hostile": hostile(router), "readers": router.readers(), "writer": router.writer()}
    results |= {"broker": broker(), "http": http(), "hop": hop()} | functions()
    results |= {"bridge": mqtt_bridge(), "spool": spool_speed(), "ipc": greengrass_ipc()}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / "latest.md").write_text(report.markdown(results))
    DRAWINGS.mkdir(exist_ok=True)
    (DRAWINGS / "publish-latency.svg").write_text(report.latency_chart(results["broker"]))
    (DRAWINGS / "reader-scaling.svg").write_text(report.scaling_chart(results["readers"]))
    PAGE.write_text(report.filled(PAGE.read_text(), results))
    print(f"written: {RESULTS}/latest.json and latest.md, {PAGE} and its charts")


def circumstances():
    """What a result depends on."""
    git = ["git", "-C", PACKAGE]
    is_changed = output([*git, "status", "--porcelain", "--untracked-files=no"]) != ""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "date": datetime.date.today().isoformat(),
        "commit": output([*git, "rev-parse", "--short", "HEAD"]) + (" with changes" if is_changed else ""),
        "cpu": cpu[1] if cpu else "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "seed": int(os.environ.get("BENCH_SEED", "0")),
    }


def main():
    parser = argparse.ArgumentParser(description="Builds and runs the benchmarks.")
    which = ["all", "quick", "hostile", "http", "hop", "starts", "functions", "bridge", "spool", "ipc", "soak", "counts"]
    parser.add_argument("which", nargs="?", choices=which, default="all")
    parser.add_argument("--accept", action="store_true", help="with counts: they are right as they are now")
    options = parser.parse_args()
    if options.which == "quick":
        quick(Router())
    elif options.which == "hostile":
        hostile(Router())
    elif options.which == "http":
        http()
    elif options.which == "hop":
        hop()
    elif options.which == "starts":
        function_starts()
    elif options.which == "functions":
        functions()
    elif options.which == "bridge":
        mqtt_bridge()
    elif options.which == "spool":
        spool_speed()
    elif options.which == "ipc":
        greengrass_ipc()
    elif options.which == "soak":
        soak()
    elif options.which == "counts":
        counts(options.accept)
    else:
        everything()


if __name__ == "__main__":
    main()
