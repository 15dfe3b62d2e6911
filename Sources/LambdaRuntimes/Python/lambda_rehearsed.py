"""The function of a rehearsal: a little of all that modules do when they are imported."""

import functools
import json
import logging

_logger = logging.getLogger(__name__)


class Failure(Exception):
    """Like those that modules define."""


class Client:
    """Like those of the SDK."""

    def __init__(self, encode=json.dumps):
        self._encode = encode

    def publish(self, **arguments):
        """Takes them as if to pass them on."""
        try:
            return self._encode(arguments)
        except ValueError:
            raise Failure(arguments) from None


def traced(function):
    """Tells of its calls."""

    @functools.wraps(function)
    def call(*arguments):
        _logger.debug('%s', function.__name__)
        return function(*arguments)

    return call


@traced
def handler(event, context):
    """Logs, prints and has a result."""
    logging.info('%s', context.aws_request_id)
    print(Client().publish(topic=context.client_context.custom.get('subject'), payload=event))
    return event
