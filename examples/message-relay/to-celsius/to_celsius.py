"""Converts what thermometers send, in degrees Fahrenheit, to degrees Celsius."""

import json

import greengrasssdk

# Made once for each process: an instance that serves many messages keeps its connection to the core.
client = greengrasssdk.client('iot-data')


def function_handler(event, context):
    # The event is the payload alone; the topic that the message came on is in the client context.
    _, room, _ = context.client_context.custom['subject'].split('/')
    celsius = round((event['fahrenheit'] - 32) / 1.8, 1)
    client.publish(
        topic='thermometers/{}/celsius'.format(room),
        payload=json.dumps({'celsius': celsius}),
        # The cloud and highest-reading get the same readings, or this raises and neither gets this one.
        queueFullPolicy='AllOrException',
    )
