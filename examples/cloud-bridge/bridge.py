"""Carries a local topic to the cloud, and a topic of the cloud to the local bus."""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from awsiot.greengrasscoreipc.clientv2 import GreengrassCoreIPCClientV2
from awsiot.greengrasscoreipc.model import QOS, JsonMessage, PublishMessage, UserProperty

thing = os.environ['AWS_IOT_THING_NAME']
is_closed = threading.Event()
# Handlers run in the executor, so they may wait for the core. One thread keeps the messages in order.
client = GreengrassCoreIPCClientV2(executor=ThreadPoolExecutor(max_workers=1))


def to_cloud(event):
    if event.json_message:
        context, payload = event.json_message.context, json.dumps(event.json_message.message)
    else:
        context, payload = event.binary_message.context, event.binary_message.message
    client.publish_to_iot_core(
        topic_name='{}/{}'.format(thing, context.topic),
        qos=QOS.AT_LEAST_ONCE,
        payload=payload,
        content_type='application/json',
        user_properties=[UserProperty(key='sentBy', value='com.example.Bridge')],
    )


def to_local_bus(event):
    message = event.message
    # The local bus has no user properties: here they become part of the message.
    content = {
        'command': message.payload.decode(),
        'properties': {each.key: each.value for each in message.user_properties or []},
    }
    client.publish_to_topic(
        topic=message.topic_name.split('/', 1)[1],
        publish_message=PublishMessage(json_message=JsonMessage(message=content)),
    )


client.subscribe_to_topic(topic='sensors/#', on_stream_event=to_cloud, on_stream_closed=is_closed.set)
client.subscribe_to_iot_core(
    topic_name='{}/commands/#'.format(thing),
    qos=QOS.AT_LEAST_ONCE,
    on_stream_event=to_local_bus,
    on_stream_closed=is_closed.set,
)
print('subscribed')
is_closed.wait()
sys.exit('a subscription was closed')
