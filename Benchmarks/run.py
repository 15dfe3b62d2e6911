#!/usr/bin/env python3
"""Builds the benchmarks for this machine's CPU and runs them: quick, or all of them.

BENCH_SEED chooses the seed of the workloads. `make bench` is this program; docs/benchmarks.md says what it
measures and how.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent

# One CPU for both sides. `-Xcc` is for C and for the C importer inside the Swift compiler, from which that
# takes the CPU for its own code; `-Xcxx` is for C++. On the command line they hold for every target, while a
# manifest can't say anything about a package it depends on, and so not about TopicRouter. Both sides have
# MULX and AVX2 then, where the machine has: `objdump -d RouterComparison | grep -c mulx`.
FOR_THIS_CPU = ["-Xcc", "-march=native", "-Xcxx", "-march=native"]

WORKLOADS = ["w1_1k.uni", "w1_100k.uni", "w1_100k.zipf", "w1_1m.uni", "w2", "w2z", "w3", "w4", "w5"]
ROUNDS = "5"


def output(command, **options):
    """What a program prints; the benchmark ends if it fails."""
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, **options)
    if result.returncode != 0:
        sys.exit(f"bench: {command[0]} failed\n{result.stdout}")
    return result.stdout.strip()


def build(product):
    """Builds a program in release mode and gives its path."""
    command = ["swift", "build", "--package-path", str(PACKAGE), "-c", "release", *FOR_THIS_CPU]
    output([*command, "--product", product], stderr=subprocess.STDOUT)
    return Path(output([*command, "--show-bin-path"])) / product


def workloads():
    """The folder with the workloads for the seed, written if it is not there."""
    generate = PACKAGE / "workloads" / "generate.py"
    return output([sys.executable, generate, "--seed", os.environ.get("BENCH_SEED", "0")])


def quick():
    """The index against the floor: one line a workload with ours and the floor's ns, and the ratio."""
    folder, program = workloads(), build("RouterComparison")

    def ask(command, subject, how=ROUNDS):
        return output([program, command, folder, subject, how])

    for workload in WORKLOADS:
        print(ask("match", workload), flush=True)
    for filters in ("w1_100k.filters", "w2.filters"):
        ours, floor = (ask("memory", filters, engine) for engine in ("trellis", "floor"))
        print(f"memory of {filters}: {ours} bytes a subscription, the floor {floor}", flush=True)
    cost = ask("pin", "w1_1k.uni")
    print(f"pinning the reader for each match instead of for 64 together: {cost} ns more", flush=True)
    cost = ask("filter", "w5.churn")
    print(f"checking a filter of w5 before it is subscribed to: {cost} ns, not in the line above", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Builds and runs the benchmarks.")
    parser.add_argument("which", nargs="?", choices=["quick"], default="quick")
    parser.parse_args()
    quick()


if __name__ == "__main__":
    main()
