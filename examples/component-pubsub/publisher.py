"""Publishes a reading every second on a topic of the local bus."""

import sys
import time

from awsiot.greengrasscoreipc.clientv2 import GreengrassCoreIPCClientV2
from awsiot.greengrasscoreipc.model import JsonMessage, PublishMessage, UnauthorizedError

TOPIC = 'sensors/kitchen'

# The environment says where the core is, and which component this is.
client = GreengrassCoreIPCClientV2()

number = 0
while True:
    number += 1
    message = PublishMessage(json_message=JsonMessage(message={'number': number, 'celsius': 21.5}))
    try:
        client.publish_to_topic(topic=TOPIC, publish_message=message)
        print('published', number)
    except UnauthorizedError as error:
        # The next one may be allowed: policies can change at any time.
        print(error.message, file=sys.stderr)
    time.sleep(1)
