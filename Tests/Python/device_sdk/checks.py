"""What the programs for the Device SDK share: named checks, events that are waited for, and connections."""

import os
import queue
import sys
import threading
import traceback

import awsiot.greengrasscoreipc
from awsiot.eventstreamrpc import LifecycleHandler
from awsiot.greengrasscoreipc.clientv2 import GreengrassCoreIPCClientV2
from awsiot.greengrasscoreipc.model import BinaryMessage, GreengrassCoreIPCError, JsonMessage, PublishMessage

# Only a check that is about to fail waits for so long.
PATIENCE_SECONDS = 20

_checks = []


def check(sentence):
    """Makes a function a check; `run` calls them in their order."""

    def add(function):
        _checks.append((sentence, function))
        return function

    return add


def run():
    """Runs all checks, prints a line for each, and ends the program."""
    failed = 0
    for sentence, function in _checks:
        try:
            function()
            print('ok: ' + sentence, flush=True)
        except Exception:
            failed += 1
            print('FAILED: {}: {}'.format(sentence, traceback.format_exc().replace('\n', ' | ')), flush=True)
    print('checks: {}, failed: {}'.format(len(_checks), failed), flush=True)
    # Without waiting for threads of the SDK, whatever state a failed check left them in.
    os._exit(1 if failed else 0)


def same(found, expected):
    assert found == expected, 'found {!r}, expected {!r}'.format(found, expected)


def raises(error_type, function, *texts, **arguments):
    """Calls, and looks that it fails with this error, all of these texts in its message; gives the error."""
    try:
        result = function(**arguments)
    except error_type as error:
        message = getattr(error, 'message', str(error))
        assert message or not isinstance(error, GreengrassCoreIPCError), 'no message: {!r}'.format(error)
        for text in texts:
            assert text in message, '{!r} is not in {!r}'.format(text, message)
        return error
    raise AssertionError('{!r} instead of {}'.format(result, error_type.__name__))


def connect(token=None, handler=None):
    """A V2 client as the component of the environment, or as the one that has this token.

    Its callbacks run on the thread of the connection: in the order of the events.
    """
    client = awsiot.greengrasscoreipc.connect(
        authtoken=token or os.environ['SVCUID'], lifecycle_handler=handler or LifecycleHandler())
    return GreengrassCoreIPCClientV2(client=client, executor=None)


class Events:
    """What comes on a stream; its methods are the callbacks of a subscription."""

    def __init__(self):
        self._queue = queue.Queue()
        self.closed = threading.Event()

    def handlers(self):
        return {'on_stream_event': self._queue.put, 'on_stream_error': self._fail, 'on_stream_closed': self.closed.set}

    def _fail(self, error):
        self._queue.put(error)
        return True

    def next(self):
        event = self._queue.get(timeout=PATIENCE_SECONDS)
        if isinstance(event, Exception):
            raise event
        return event

    def messages(self, count):
        """The next messages of a local topic: of each its topic and its payload."""
        return [received(self.next()) for _ in range(count)]

    def nothing_else(self):
        """Fails when something came that nobody asked for."""
        assert self._queue.empty(), repr(self._queue.get())


def received(event):
    """Topic and payload of a message of a local topic."""
    if event.json_message is not None:
        assert event.binary_message is None
        return event.json_message.context.topic, event.json_message.message
    return event.binary_message.context.topic, event.binary_message.message


def subscribe(client, topic, **arguments):
    """Subscribes to a local topic; gives its events and the operation."""
    events = Events()
    response, operation = client.subscribe_to_topic(topic=topic, **arguments, **events.handlers())
    assert type(response).__name__ == 'SubscribeToTopicResponse'
    return events, operation


def close(operation):
    """Ends a stream, and waits until it has ended."""
    operation.close().result(PATIENCE_SECONDS)


def publish(client, topic, payload):
    """Publishes bytes as they are, and everything else as JSON."""
    if isinstance(payload, bytes):
        message = PublishMessage(binary_message=BinaryMessage(message=payload))
    else:
        message = PublishMessage(json_message=JsonMessage(message=payload))
    return client.publish_to_topic(topic=topic, publish_message=message)
