"""The cloud's operations, as the component `alpha`, against the broker that stands in for the cloud."""

import json
import os
import signal
import subprocess

from awsiot.greengrasscoreipc.model import (
    QOS, InvalidArgumentsError, PayloadFormat, ServiceError, UnauthorizedError, UserProperty)

from checks import PATIENCE_SECONDS, Events, check, close, connect, raises, run, same

alpha = connect()
PORT = os.environ['MQTT_PORT']

FIELDS = {
    'user_properties': [UserProperty(key='a', value='1'), UserProperty(key='grüße', value=''),
                        UserProperty(key='a', value='2')],
    'message_expiry_interval_seconds': 3_600,
    'correlation_data': bytes(range(256)),
    'response_topic': 'cloud/answers',
    'payload_format': PayloadFormat.UTF8,
    'content_type': 'text/plain',
}


def subscribe(filter, qos=QOS.AT_LEAST_ONCE):
    events = Events()
    response, operation = alpha.subscribe_to_iot_core(topic_name=filter, qos=qos, **events.handlers())
    same(type(response).__name__, 'SubscribeToIoTCoreResponse')
    return events, operation


def mosquitto(program, *arguments, **options):
    command = ['stdbuf', '-oL', 'mosquitto_' + program, '-h', '127.0.0.1', '-p', PORT, '-V', '5', *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def mosquitto_pub(*arguments):
    same(mosquitto('pub', '-q', '1', *arguments).wait(PATIENCE_SECONDS), 0)


@check('every field of a message goes up and comes down again')
def round_trip():
    events, operation = subscribe('cloud/#')
    alpha.publish_to_iot_core(
        topic_name='cloud/fields', qos=QOS.AT_LEAST_ONCE, payload='grüße'.encode(), **FIELDS)
    message = events.next().message
    same(message.topic_name, 'cloud/fields')
    same(message.payload, 'grüße'.encode())
    same([(each.key, each.value) for each in message.user_properties], [('a', '1'), ('grüße', ''), ('a', '2')])
    for name in ('correlation_data', 'response_topic', 'payload_format', 'content_type'):
        same(getattr(message, name), FIELDS[name])
    assert 0 < message.message_expiry_interval_seconds <= 3_600, message
    close(operation)


@check('a message without fields has none when it comes down')
def plain():
    events, operation = subscribe('cloud/plain', QOS.AT_MOST_ONCE)
    for qos, payload in ((QOS.AT_MOST_ONCE, bytes(range(256))), (QOS.AT_LEAST_ONCE, b'')):
        alpha.publish_to_iot_core(topic_name='cloud/plain', qos=qos, payload=payload)
        message = events.next().message
        same((message.topic_name, message.payload), ('cloud/plain', payload))
        for name in ('user_properties', 'message_expiry_interval_seconds', 'correlation_data', 'response_topic',
                     'payload_format', 'content_type'):
            assert not getattr(message, name), (name, getattr(message, name))
    close(operation)


@check('another client of the cloud sees every field')
def seen_outside():
    outside = mosquitto('sub', '-t', 'cloud/outside', '-q', '1', '-C', '1', '-W', str(PATIENCE_SECONDS), '-d',
                        '-F', 'got %j')
    while 'Subscribed' not in outside.stdout.readline():
        pass
    alpha.publish_to_iot_core(topic_name='cloud/outside', qos=QOS.AT_LEAST_ONCE, payload=b'payload', **FIELDS)
    line = next(line for line in outside.stdout if line.startswith('got '))
    found = json.loads(line[4:])
    same((found['topic'], found['qos'], found['payload']), ('cloud/outside', 1, 'payload'))
    properties = found['properties']
    same(properties['content-type'], 'text/plain')
    same(properties['response-topic'], 'cloud/answers')
    same(properties['payload-format-indicator'], 1)
    assert 0 < properties['message-expiry-interval'] <= 3_600, properties
    outside.wait(PATIENCE_SECONDS)


@check('every field of what another client of the cloud sends comes down')
def sent_outside():
    events, operation = subscribe('cloud/sent')
    words = []
    for name, value in (('content-type', 'a/b'), ('response-topic', 'cloud/r'), ('correlation-data', 'c'),
                        ('payload-format-indicator', '1'), ('message-expiry-interval', '100')):
        words += ['-D', 'publish', name, value]
    mosquitto_pub('-t', 'cloud/sent', '-m', 'sent', *words, '-D', 'publish', 'user-property', 'k', 'v')
    message = events.next().message
    same((message.payload, message.content_type, message.response_topic), (b'sent', 'a/b', 'cloud/r'))
    same((message.correlation_data, message.payload_format), (b'c', PayloadFormat.UTF8))
    same([(each.key, each.value) for each in message.user_properties], [('k', 'v')])
    assert 0 < message.message_expiry_interval_seconds <= 100, message
    close(operation)


@check('a retained message is kept by the cloud, and comes to who subscribes later')
def retained():
    events, operation = subscribe('cloud/retained')
    alpha.publish_to_iot_core(topic_name='cloud/retained', qos=QOS.AT_LEAST_ONCE, payload=b'kept', retain=True)
    same(events.next().message.payload, b'kept')
    close(operation)
    outside = mosquitto('sub', '-t', 'cloud/retained', '-q', '1', '-C', '1', '-W', str(PATIENCE_SECONDS),
                        '-F', '%r %p')
    same(outside.communicate(timeout=PATIENCE_SECONDS)[0], '1 kept\n')
    alpha.publish_to_iot_core(topic_name='cloud/retained', qos=QOS.AT_LEAST_ONCE, payload=b'', retain=True)


@check('topics that IoT Core does not take are refused')
def topics():
    fine = [
        'cloud/' + 'x' * 250, 'cloud/1/2/3/4/5/6/7', 'cloud', '$aws/rules/rule/cloud/1/2/3/4/5/6/7',
    ]
    for topic in fine:
        alpha.publish_to_iot_core(topic_name=topic, qos=QOS.AT_MOST_ONCE, payload=b'')
    wrong = ['cloud/' + 'x' * 251, 'cloud/1/2/3/4/5/6/7/8', 'cloud/+', 'cloud/#', 'cloud/a+', '']
    for topic in wrong:
        raises(InvalidArgumentsError, alpha.publish_to_iot_core, topic_name=topic, qos=QOS.AT_MOST_ONCE, payload=b'')
    for filter in ('cloud/' + 'x' * 251, 'cloud/1/2/3/4/5/6/7/8', 'cloud/#/a', 'cloud/a+', ''):
        raises(InvalidArgumentsError, alpha.subscribe_to_iot_core,
               topic_name=filter, qos=QOS.AT_MOST_ONCE, **Events().handlers())


@check('QoS is 0 or 1, and must be said')
def quality():
    for qos in ('2', '-1', 'x', ''):
        raises(InvalidArgumentsError, alpha.publish_to_iot_core, topic_name='cloud/a', qos=qos, payload=b'')
        raises(InvalidArgumentsError, alpha.subscribe_to_iot_core,
               topic_name='cloud/a', qos=qos, **Events().handlers())
    raises(InvalidArgumentsError, alpha.publish_to_iot_core, 'QoS', topic_name='cloud/a', payload=b'')
    raises(InvalidArgumentsError, alpha.publish_to_iot_core, 'opic', qos=QOS.AT_MOST_ONCE, payload=b'')
    raises(InvalidArgumentsError, alpha.subscribe_to_iot_core, 'QoS', topic_name='cloud/a', **Events().handlers())
    raises(InvalidArgumentsError, alpha.subscribe_to_iot_core, 'opic', qos=QOS.AT_MOST_ONCE, **Events().handlers())


@check('a payload is taken up to 128 KiB')
def size():
    events, operation = subscribe('cloud/size')
    payload = os.urandom(128 * 1024)
    alpha.publish_to_iot_core(topic_name='cloud/size', qos=QOS.AT_LEAST_ONCE, payload=payload)
    same(events.next().message.payload, payload)
    raises((InvalidArgumentsError, ServiceError), alpha.publish_to_iot_core,
           topic_name='cloud/size', qos=QOS.AT_LEAST_ONCE, payload=payload + b'x')
    close(operation)


@check('policies about the cloud know the wildcards of MQTT')
def policies():
    for topic in ('cloud/a/b', 'cloud', 'level/a/end', 'star/a/b'):
        alpha.publish_to_iot_core(topic_name=topic, qos=QOS.AT_MOST_ONCE, payload=b'')
    for topic in ('level/a/b/end', 'level/end', 'stars', 'other', 'clouds'):
        raises(UnauthorizedError, alpha.publish_to_iot_core,
               topic_name=topic, qos=QOS.AT_MOST_ONCE, payload=b'')
    raises(UnauthorizedError, alpha.subscribe_to_iot_core,
           topic_name='other/#', qos=QOS.AT_MOST_ONCE, **Events().handlers())


@check('the connection to the cloud is told of, and what is published meanwhile arrives')
def connection_status():
    status = Events()
    response, status_operation = alpha.subscribe_to_iot_core_connection_status(**status.handlers())
    same(type(response).__name__, 'SubscribeToIoTCoreConnectionStatusResponse')
    events, operation = subscribe('cloud/meanwhile')

    def next_status():
        return status.next().connection_status_event.status

    first = next_status()
    same(first, 'CONNECTED')
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/{}/cmdline'.format(pid), 'rb') as file:
                words = file.read().split(b'\0')
        except OSError:
            continue
        if (os.environ['ROOT'] + '/mosquitto/mosquitto.conf').encode() in words:
            os.kill(int(pid), signal.SIGKILL)
    same(next_status(), 'DISCONNECTED')
    alpha.publish_to_iot_core(topic_name='cloud/meanwhile', qos=QOS.AT_LEAST_ONCE, payload=b'kept')
    same(next_status(), 'CONNECTED')
    same(events.next().message.payload, b'kept')
    close(operation)
    close(status_operation)


run()
