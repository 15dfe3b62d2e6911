"""Fills the spool of what waits for the cloud, in memory and on the disk.

`run.py` uses it; by itself it takes the path of SpoolSpeed.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

# On a disk and not in /tmp, which may be memory.
CACHE = Path(__file__).resolve().parent / ".cache"
MEMORY_COUNT = 200_000
# Publishers, each of which waits for its answer, and how many messages they offer together.
DISK_COUNTS = {1: 2_000, 16: 20_000, 64: 50_000, 256: 50_000}


def run(program):
    CACHE.mkdir(exist_ok=True)
    memory = ask(program, "memory", MEMORY_COUNT)
    disk = []
    for publishers, count in DISK_COUNTS.items():
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            disk.append(ask(program, "disk", count, publishers, folder))
    return {"memory": memory["rate"], "disk": disk}


def ask(program, *arguments):
    command = [program, *map(str, arguments)]
    return json.loads(subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True).stdout)


def table_rows(results):
    """For each number of publishers: messages a second, rows a transaction, and the two ratios."""
    return [
        [
            f"{row['publishers']} at a time",
            f"{row['rate']:,.0f}",
            f"{row['rows_a_transaction']:,.1f}",
            f"{row['ratio']:.2f}",
            f"{row['normal_to_full']:.1f}",
        ]
        for row in results["disk"]
    ]


if __name__ == "__main__":
    found = run(sys.argv[1])
    print(f"memory: {found['memory']:,.0f}/s")
    for row in table_rows(found):
        print("  ".join(row))
