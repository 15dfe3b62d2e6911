"""A room that cools down, and warms up while its heating is on."""

import time

from awsiot.greengrasscoreipc.clientv2 import GreengrassCoreIPCClientV2
from awsiot.greengrasscoreipc.model import JsonMessage, PublishMessage

client = GreengrassCoreIPCClientV2()
heating = 'off'


def on_heating(event):
    global heating
    # What a function publishes comes as bytes, JSON or not.
    heating = event.binary_message.message.decode()


client.subscribe_to_topic(topic='rooms/kitchen/heating', on_stream_event=on_heating)

celsius = 20.5
while True:
    # As JSON, so that it is the function's event as it stands here.
    message = PublishMessage(json_message=JsonMessage(message={'celsius': celsius}))
    client.publish_to_topic(topic='rooms/kitchen/celsius', publish_message=message)
    time.sleep(1)
    print('{} °C, the heating is {}'.format(celsius, heating))
    celsius += 0.5 if heating == 'on' else -0.5
