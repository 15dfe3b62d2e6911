"""Prints what is published on topics of the local bus."""

import sys
import threading

from awsiot.greengrasscoreipc.clientv2 import GreengrassCoreIPCClientV2

is_closed = threading.Event()


def on_event(event):
    # What components publish as JSON comes as such; anything else comes as bytes.
    message = event.json_message or event.binary_message
    print(message.context.topic, message.message)


client = GreengrassCoreIPCClientV2()
client.subscribe_to_topic(topic='sensors/#', on_stream_event=on_event, on_stream_closed=is_closed.set)
print('subscribed')

# Events come on another thread. Without the core there will be none: whoever fails is started again.
is_closed.wait()
sys.exit('the subscription was closed')
