"""Measures what a function that is loaded and sleeps takes of the daemon's memory.

`run.py` uses it.
"""

import tempfile
from pathlib import Path

from burst import workers
from end_to_end import component, daemon

FEW = 10
# A daemon runs 1,000 at most.
MANY = 1_000
HANDLER = "def handler(event, context): pass\n"


def run(trellis):
    """Bytes of the daemon's memory for each function on demand that has no instance."""
    few, many = (anonymous_bytes(trellis, count) for count in (FEW, MANY))
    return {"functions": MANY, "bytes": (many - few) / (MANY - FEW)}


def anonymous_bytes(trellis, count):
    """The daemon's own memory with so many functions loaded."""
    with tempfile.TemporaryDirectory() as name:
        names = ["publisher", *(f"function-{number}" for number in range(1, count))]
        components = {name: component(name, f"{name}.handler") for name in names}
        code = {name: HANDLER for name in names}
        with daemon(trellis, Path(name), components, code, {}) as server:
            if workers(server):
                raise RuntimeError("a function has a process that has no work")
            status = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
            kib = next(line.split()[1] for line in status if line.startswith("RssAnon:"))
            return int(kib) * 1024
