"""Publishes a greeting every five seconds, for as long as the function lives."""

import logging
import platform
import threading

import greengrasssdk

SECONDS_BETWEEN_GREETINGS = 5

client = greengrasssdk.client('iot-data')
greeting = 'Hello world! Sent from Python {} on {}.'.format(platform.python_version(), platform.system())


def publish_greeting():
    try:
        client.publish(topic='hello/world', queueFullPolicy='AllOrException', payload=greeting)
    except Exception as error:
        # The next one may find its way: subscriptions can change at any time.
        logging.error('The greeting was not published: %s', error)
    threading.Timer(SECONDS_BETWEEN_GREETINGS, publish_greeting).start()


# A pinned function is imported once, when the daemon starts; nobody needs to invoke it.
publish_greeting()


def function_handler(event, context):
    """Has nothing to do: what this function does, it does by itself."""
    return
