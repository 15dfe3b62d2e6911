"""Invokes a function again and again and prints the median of the microseconds to its result.

    invoker.py FUNCTION_ARN kept|new COUNT PAUSE_MILLISECONDS

Runs in the environment of a function. `kept` is the client that Trellis gives to functions; `new` connects anew
for each request, as the originals' client does.
"""

import statistics
import sys
import time

import new_connections
from greengrass_ipc_python_sdk.ipc_client import IPCClient


def main(arn, kind, count, pause_milliseconds):
    if kind == "new":
        new_connections.install()
    client = IPCClient()
    times = []
    for _ in range(int(count)):
        time.sleep(float(pause_milliseconds) / 1e3)
        begin = time.perf_counter()
        invocation = client.post_work(arn, b"{}", "")
        result = client.get_work_result(arn, invocation)
        times.append(time.perf_counter() - begin)
        if result.payload != b"null" or result.func_err:
            sys.exit(f"invoker: an unexpected result: {result}")
    print(statistics.median(times) * 1e6)


if __name__ == "__main__":
    main(*sys.argv[1:])
