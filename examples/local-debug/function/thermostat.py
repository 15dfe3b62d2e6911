"""Switches the heating of a room, by its temperature."""

import os

import greengrasssdk

client = greengrasssdk.client('iot-data')
wanted_celsius = float(os.environ['WANTED_CELSIUS'])


def function_handler(event, context):
    is_cold = event['celsius'] < wanted_celsius
    state = 'on' if is_cold else 'off'
    client.publish(topic='heating/' + event['room'], payload=state)
    return {'heating': state}
