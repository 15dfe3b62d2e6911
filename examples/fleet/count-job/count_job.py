"""Handles one job and tells the cloud which node did."""

import json
import os

import greengrasssdk

client = greengrasssdk.client('iot-data')
node = os.environ['AWS_IOT_THING_NAME']


def function_handler(event, context):
    client.publish(
        topic='jobs/done',
        queueFullPolicy='AllOrException',
        payload=json.dumps({'job': event['job'], 'node': node}),
    )
