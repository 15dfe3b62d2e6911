"""Makes the IPC client of this process connect anew for each request, as the originals' does.

As a program it runs a function so: new_connections.py RUNTIME_FOLDER HANDLER.
"""

import sys


def install():
    import urllib.error
    import urllib.request

    from greengrass_ipc_python_sdk import ipc_client

    class Response:
        def __init__(self, answer):
            self.status = answer.status
            self.reason = answer.reason
            self.headers = {name.lower(): value for name, value in answer.headers.items()}
            self.body = answer.read()

    def call(self, method, function_arn, suffix, headers=None, body=b"", **_options):
        url = f"http://{self._host}:{self._port}/2016-11-01/functions/{function_arn}{suffix}"
        headers = {"Authorization": ipc_client.env_vars.AUTH_TOKEN, **(headers or {})}
        request = urllib.request.Request(url, body or None, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return Response(answer)

    ipc_client.IPCClient._call = call


if __name__ == "__main__":
    folder, handler = sys.argv[1:]
    sys.path.insert(0, folder)
    import lambda_runtime

    install()
    lambda_runtime.end_process(lambda_runtime.main([f"--handler={handler}"]))
