"""Switches the heating of each room, by its temperature."""

import greengrasssdk

client = greengrasssdk.client('iot-data')


def function_handler(event, context):
    _, room, _ = context.client_context.custom['subject'].split('/')
    state = 'on' if event['celsius'] < 20 else 'off'
    client.publish(
        topic='rooms/{}/heating'.format(room),
        queueFullPolicy='AllOrException',
        payload=state,
    )
