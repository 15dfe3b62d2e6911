"""What a handler gets besides its event."""

import base64
import json
import time


class ClientContext:
    """What the invoker said of itself and its message; `custom['subject']` is a routed message's topic."""

    def __init__(self, fields):
        self.client = fields.get('client')
        self.custom = fields.get('custom') or {}
        self.env = fields.get('env') or {}


class Identity:
    """Always unknown: no invoker of a local function has signed in anywhere."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class Context:
    """Tells a handler about its invocation."""

    # What AWS Lambda tells besides, and code that also runs there may ask for. Nothing limits a function's
    # memory here, and its log is a file.
    memory_limit_in_mb = None
    log_group_name = None
    log_stream_name = None

    def __init__(self, function, invocation_id, client_context, deadline):
        self.aws_request_id = invocation_id
        self.invoked_function_arn = function.to_arn_string()
        self.function_name = function.name
        self.function_version = function.qualifier
        self.client_context = client_context
        self.identity = Identity()
        self._deadline = deadline

    def get_remaining_time_in_millis(self):
        """What is left of the invocation's time, never below zero."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def decode_client_context(header):
    """Raises ValueError for what is not base64 of a JSON object; an empty header has nothing to say."""
    if not header:
        return ClientContext({})
    fields = json.loads(base64.b64decode(header, validate=True) or b'{}')
    if not isinstance(fields, dict) or not all(
        isinstance(fields.get(key) or {}, dict) for key in ('custom', 'env')
    ):
        raise ValueError('the client context is not a JSON object of objects')
    return ClientContext(fields)
