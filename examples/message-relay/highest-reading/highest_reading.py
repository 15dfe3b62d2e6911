"""Remembers the highest reading of each room; invoked without a message, it returns them all."""

import logging

# A pinned function has one process for as long as the daemon runs, so its variables are its memory.
highest_celsius = {}


def function_handler(event, context):
    subject = context.client_context.custom.get('subject')
    if subject is None:
        return highest_celsius
    room = subject.split('/')[1]
    celsius = event['celsius']
    if room not in highest_celsius or celsius > highest_celsius[room]:
        highest_celsius[room] = celsius
        logging.info('%s: a new highest reading, %s °C', room, celsius)
    # Nobody waits for the result of a message.
    return None
