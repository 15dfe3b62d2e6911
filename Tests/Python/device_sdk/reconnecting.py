"""A client whose core goes away: refused tokens, connections that end, and new ones.

As often as its argument says it says "ready", waits until the connection is lost, and connects as the next start of its
component.
"""

import os
import sys
import threading
import time

import awsiot.greengrasscoreipc
from awsiot.eventstreamrpc import AccessDeniedError, LifecycleHandler
from awsiot.greengrasscoreipc.model import BinaryMessage, PublishMessage

from checks import PATIENCE_SECONDS, check, close, connect, publish, raises, run, same, subscribe


class Lifecycle(LifecycleHandler):
    def __init__(self):
        self.lost = threading.Event()
        self.reason = None

    def on_disconnect(self, reason):
        self.reason = reason
        self.lost.set()


@check('a wrong token is refused with AccessDeniedError')
def wrong_token():
    for token in ('x', ' ', os.environ['SVCUID'] + 'x', os.environ['SVCUID'][:-1], os.environ['SVCUID'].lower() + '0',
                  'x' * 10_000, '\\u0000', '", "a": "'):
        raises(AccessDeniedError, connect, token=token)


@check('a connection that is closed by the client ends its subscriptions, and it may connect again')
def reconnect():
    watcher = connect()
    for _ in range(3):
        handler = Lifecycle()
        client = connect(handler=handler)
        events, _ = subscribe(client, 'data/reconnect')
        publish(watcher, 'data/reconnect', b'1')
        events.messages(1)
        client.close().result(PATIENCE_SECONDS)
        assert handler.lost.wait(PATIENCE_SECONDS)
        same(handler.reason, None)
        assert events.closed.wait(PATIENCE_SECONDS)
    watcher.close().result(PATIENCE_SECONDS)


@check('one connection object may connect again after it was closed')
def same_object():
    client = awsiot.greengrasscoreipc.connect()
    for _ in range(3):
        client.close().result(PATIENCE_SECONDS)
        client._connection.connect(LifecycleHandler()).result(PATIENCE_SECONDS)
    client.close().result(PATIENCE_SECONDS)


@check('fifty connections with the same token are one component')
def many():
    clients = [connect() for _ in range(50)]
    streams = [subscribe(client, 'data/many') for client in clients]
    for client in clients:
        publish(client, 'data/many', b'1')
    for events, operation in streams:
        events.messages(50)
        close(operation)
    for client in clients:
        client.close().result(PATIENCE_SECONDS)


def connected_after_start(token):
    """Connects as soon as the socket is there."""
    while True:
        try:
            return connect(token, lifecycle)
        except AccessDeniedError:
            raise
        except Exception:
            time.sleep(0.05)


@check('a core that is gone is noticed, and its tokens mean nothing to the next one')
def core_gone():
    global lifecycle
    token = os.environ['SVCUID']
    for _ in range(int(sys.argv[1])):
        lifecycle = Lifecycle()
        client = connected_after_start(token)
        events, _ = subscribe(client, 'data/core')
        publish(client, 'data/core', b'1')
        events.messages(1)
        print('ready', flush=True)
        assert lifecycle.lost.wait(PATIENCE_SECONDS)
        assert lifecycle.reason is not None
        assert events.closed.wait(PATIENCE_SECONDS)
        raises(Exception, publish, client=client, topic='data/core', payload=b'1')
        # The component's next start writes it.
        with open(os.environ['ENVIRONMENT']) as environment:
            next_token = next(line[7:-1] for line in environment if line.startswith('SVCUID='))
        raises(AccessDeniedError, connected_after_start, token=token)
        token = next_token
    publish(connected_after_start(token), 'data/core', b'1')


run()
