"""Publishes again and again, and looks at its own memory: what the core must do so that the SDK forgets its streams."""

import os
import sys

from awsiot.greengrasscoreipc.model import BinaryMessage, PublishMessage

from checks import PATIENCE_SECONDS, check, connect, run

COUNT = int(sys.argv[1])
GROWTH_KIB_MAX = 4_096
IN_FLIGHT = 100
client = connect()


def resident_kib():
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmRSS:'))


def publish(count):
    message = PublishMessage(binary_message=BinaryMessage(message=b'x' * 256))
    for _ in range(count // IN_FLIGHT):
        futures = [
            client.publish_to_topic_async(topic='data/leak', publish_message=message) for _ in range(IN_FLIGHT)]
        for future in futures:
            future.result(PATIENCE_SECONDS)


@check('{} publishes take no more memory than the first thousand'.format(COUNT))
def memory():
    publish(1_000)
    before = resident_kib()
    publish(COUNT)
    growth = resident_kib() - before
    print('grew by {} KiB'.format(growth))
    assert growth < GROWTH_KIB_MAX, growth


run()
