"""PublishToTopic and SubscribeToTopic, as the component `alpha`, with `beta` beside it."""

import os
import threading

import awsiot.greengrasscoreipc
from awsiot.greengrasscoreipc import client as v1
from awsiot.greengrasscoreipc.clientv2 import GreengrassCoreIPCClientV2
from awsiot.greengrasscoreipc.model import (
    BinaryMessage, InvalidArgumentsError, JsonMessage, MessageContext, PublishMessage, PublishToTopicRequest,
    ReceiveMode, ServiceError, SubscribeToTopicRequest, UnauthorizedError)

from checks import PATIENCE_SECONDS, Events, check, close, connect, publish, raises, run, same, subscribe

alpha = connect()
alpha_again = connect()
beta = connect(os.environ['BETA_TOKEN'])


@check('a JSON object comes as it was sent')
def json_message():
    events, operation = subscribe(alpha, 'data/json')
    message = {
        'text': 'grüße "quoted" \\ / \u0000 \U0001f600', 'null': None, 'yes': True, 'list': [1, [], {}], '': {'': ''},
        'whole': 12345678901234567890, 'fraction': 0.1, 'small': 5e-324, 'one': 1, 'one point': 1.0, 'minus': -0.0,
    }
    publish(alpha, 'data/json', message)
    publish(alpha, 'data/json', {})
    (topic, found), empty = events.messages(2)
    same(topic, 'data/json')
    same(repr(found), repr(message))
    same(empty, ('data/json', {}))
    close(operation)


@check('bytes come as they were sent')
def binary_message():
    events, operation = subscribe(alpha, 'data/bytes')
    for payload in (bytes(range(256)), b'', b'\0', b'a', b'ab', b'abc'):
        publish(alpha, 'data/bytes', payload)
        same(events.messages(1), [('data/bytes', payload)])
    close(operation)


@check('a message of three megabytes comes whole, and small ones around it')
def large_message():
    events, operation = subscribe(alpha, 'data/large')
    payloads = [b'before', os.urandom(3_000_000), b'after']
    for payload in payloads:
        publish(alpha, 'data/large', payload)
    same(events.messages(3), [('data/large', payload) for payload in payloads])
    close(operation)


@check('a topic comes as it was sent, whatever is in it')
def topics():
    events, operation = subscribe(alpha, 'data/topics/#')
    names = ['data/topics/' + name for name in ('grüße', 'a b', '"', '\\', '/', '//', 'a?b', '{"}', 'x' * 60_000)]
    for name in names:
        publish(beta, name, b'x')
    same([topic for topic, _ in events.messages(len(names))], names)
    close(operation)


@check('nobody needs to be subscribed')
def no_subscriber():
    response = publish(alpha, 'data/nobody', {'a': 1})
    same(type(response).__name__, 'PublishToTopicResponse')


@check('a topic with a wildcard is not published to')
def wildcard_topic():
    for topic in ('data/+', 'data/#', '+/a', '#', 'data/*', 'data/a*b', 'data/a+b', 'data/a#'):
        raises(InvalidArgumentsError, publish, 'wildcard', client=alpha, topic=topic, payload={'a': 1})


@check('a request without what it needs is refused with InvalidArgumentsError')
def missing():
    message = PublishMessage(json_message=JsonMessage(message={}))
    both = PublishMessage(json_message=JsonMessage(message={}), binary_message=BinaryMessage(message=b''))
    for arguments in (
            {'publish_message': message}, {'topic': '', 'publish_message': message}, {'topic': 'data/a'},
            {'topic': 'data/a', 'publish_message': PublishMessage()}, {'topic': 'data/a', 'publish_message': both},
            {'topic': 'data/a', 'publish_message': PublishMessage(json_message=JsonMessage())},
            {'topic': 'data/a', 'publish_message': PublishMessage(binary_message=BinaryMessage())}):
        raises((InvalidArgumentsError, ServiceError), alpha.publish_to_topic, **arguments)
    for arguments in ({}, {'topic': ''}, {'topic': 'data/#/a'}, {'topic': 'data/a+'}, {'topic': 'data/a#'},
                      {'topic': 'data/a', 'receive_mode': 'RECEIVE_SOME'}):
        raises(InvalidArgumentsError, alpha.subscribe_to_topic, **arguments, **Events().handlers())


@check('a context that the publisher claims is not handed on')
def claimed_context():
    events, operation = subscribe(alpha, 'data/context')
    claim = MessageContext(topic='data/claimed')
    alpha.publish_to_topic(
        topic='data/context',
        publish_message=PublishMessage(json_message=JsonMessage(message={'a': 1}, context=claim)))
    same(events.messages(1), [('data/context', {'a': 1})])
    close(operation)


@check('what no policy allows is refused, and the refusal says what of whom')
def unauthorized():
    raises(UnauthorizedError, publish, 'alpha', 'aws.greengrass#PublishToTopic', 'secret/a',
           client=alpha, topic='secret/a', payload={})
    raises(UnauthorizedError, alpha.subscribe_to_topic, 'alpha', 'aws.greengrass#SubscribeToTopic', 'secret/a',
           topic='secret/a', **Events().handlers())
    # A policy's resources are no filters: this one names the filter only.
    raises(UnauthorizedError, publish, 'policy/a', client=alpha, topic='policy/a', payload={})
    close(subscribe(alpha, 'policy/#')[1])
    # Authorization comes before the topic is looked at.
    raises(UnauthorizedError, publish, client=alpha, topic='secret/+', payload={})
    stranger = connect(os.environ['STRANGER_TOKEN'])
    raises(UnauthorizedError, publish, 'stranger', client=stranger, topic='data/a', payload={})
    raises(UnauthorizedError, stranger.subscribe_to_topic, 'stranger', topic='data/a', **Events().handlers())
    stranger.close()


@check('RECEIVE_MESSAGES_FROM_OTHERS leaves out those of the same component, on whichever connection')
def receive_mode():
    modes = {
        'data/mode/plain': (None, ['alpha', 'again', 'beta']),
        'data/mode/+': (None, ['beta']),
        'data/+/plain': (ReceiveMode.RECEIVE_ALL_MESSAGES, ['alpha', 'again', 'beta']),
        'data/mode/#': (ReceiveMode.RECEIVE_MESSAGES_FROM_OTHERS, ['beta']),
    }
    streams = {filter: subscribe(alpha, filter, receive_mode=mode) for filter, (mode, _) in modes.items()}
    plain, plain_operation = subscribe(
        alpha, 'data/mode/plain', receive_mode=ReceiveMode.RECEIVE_MESSAGES_FROM_OTHERS)
    for client, name in ((alpha, 'alpha'), (alpha_again, 'again'), (beta, 'beta')):
        publish(client, 'data/mode/plain', {'by': name})
    for filter, (events, operation) in streams.items():
        names = modes[filter][1]
        same([message['by'] for _, message in events.messages(len(names))], names)
        close(operation)
        events.nothing_else()
    same([message['by'] for _, message in plain.messages(1)], ['beta'])
    close(plain_operation)


@check('wildcards match as in MQTT: # the level above too, and no topic that begins with $')
def wildcards():
    expected = {
        'tree/#': ['tree', 'tree/a', 'tree/a/b'], 'tree/+': ['tree/a'], 'tree/+/b': ['tree/a/b'],
        '+/a': ['tree/a'], '#': ['tree', 'tree/a', 'tree/a/b'], '$tree/#': ['$tree/a'],
    }
    streams = {filter: subscribe(alpha, filter) for filter in expected}
    for topic in ('tree', 'tree/a', 'tree/a/b', '$tree/a'):
        publish(beta, topic, {})
    publish(beta, 'tree/a', {'last': True})
    publish(beta, '$tree/a', {'last': True})
    for filter, (events, operation) in streams.items():
        same([topic for topic, _ in events.messages(len(expected[filter]))], expected[filter])
        close(operation)


@check('each of two overlapping subscriptions gets a copy, and the end of one leaves the other')
def overlapping():
    (wide, wide_operation), (narrow, narrow_operation), (twin, twin_operation) = (
        subscribe(alpha, filter, receive_mode=ReceiveMode.RECEIVE_ALL_MESSAGES)
        for filter in ('data/over/#', 'data/over/a', 'data/over/a'))
    publish(alpha, 'data/over/a', {'n': 1})
    for events in (wide, narrow, twin):
        same(events.messages(1), [('data/over/a', {'n': 1})])
    close(narrow_operation)
    publish(alpha, 'data/over/a', {'n': 2})
    for events in (wide, twin):
        same(events.messages(1), [('data/over/a', {'n': 2})])
    narrow.nothing_else()
    close(wide_operation)
    close(twin_operation)


@check('nothing comes after a subscription was ended, and its stream says that it is closed')
def unsubscribed():
    events, operation = subscribe(alpha, 'data/ended')
    publish(alpha, 'data/ended', {'n': 1})
    events.messages(1)
    close(operation)
    assert events.closed.wait(PATIENCE_SECONDS)
    others, other_operation = subscribe(alpha_again, 'data/ended')
    publish(alpha, 'data/ended', {'n': 2})
    others.messages(1)
    events.nothing_else()
    close(other_operation)


@check('a thousand messages of one publisher come in their order, from several threads each of its own')
def order():
    events, operation = subscribe(alpha, 'data/order/+', receive_mode=ReceiveMode.RECEIVE_ALL_MESSAGES)

    def send(client, name):
        for number in range(500):
            publish(client, 'data/order/' + name, {'n': number})

    threads = [threading.Thread(target=send, args=arguments) for arguments in ((alpha, 'a'), (beta, 'b'))]
    for thread in threads:
        thread.start()
    numbers = {'data/order/a': [], 'data/order/b': []}
    for topic, message in events.messages(1_000):
        numbers[topic].append(message['n'])
    for thread in threads:
        thread.join()
    same(numbers, {topic: list(range(500)) for topic in numbers})
    close(operation)


@check('many requests at once on one connection are all answered')
def at_once():
    events, operation = subscribe(alpha, 'data/once')
    message = PublishMessage(json_message=JsonMessage(message={}))
    futures = [alpha.publish_to_topic_async(topic='data/once', publish_message=message) for _ in range(500)]
    for future in futures:
        future.result(PATIENCE_SECONDS)
    events.messages(500)
    close(operation)


@check('the V1 client publishes, subscribes and sees errors')
def first_version():
    client = awsiot.greengrasscoreipc.connect()
    found = Events()

    class Handler(v1.SubscribeToTopicStreamHandler):
        def on_stream_event(self, event):
            found._queue.put(event)

        def on_stream_closed(self):
            found.closed.set()

    operation = client.new_subscribe_to_topic(Handler())
    operation.activate(SubscribeToTopicRequest(topic='data/first')).result(PATIENCE_SECONDS)
    operation.get_response().result(PATIENCE_SECONDS)
    for message in (BinaryMessage(message=b'\0\1'), BinaryMessage(message=b'')):
        publishing = client.new_publish_to_topic()
        publishing.activate(
            PublishToTopicRequest(topic='data/first', publish_message=PublishMessage(binary_message=message))
        ).result(PATIENCE_SECONDS)
        publishing.get_response().result(PATIENCE_SECONDS)
    same(found.messages(2), [('data/first', b'\0\1'), ('data/first', b'')])
    refused = client.new_publish_to_topic()
    message = PublishMessage(json_message=JsonMessage(message={}))
    refused.activate(PublishToTopicRequest(topic='data/+', publish_message=message)).result(PATIENCE_SECONDS)
    raises(InvalidArgumentsError, refused.get_response().result, timeout=PATIENCE_SECONDS)
    close(operation)
    assert found.closed.wait(PATIENCE_SECONDS)
    client.close().result(PATIENCE_SECONDS)


@check('the V2 client with an executor works as it comes')
def second_version():
    client = GreengrassCoreIPCClientV2()
    events, operation = subscribe(client, 'data/second')
    publish(client, 'data/second', {'a': 1})
    same(events.messages(1), [('data/second', {'a': 1})])
    close(operation)
    client.close().result(PATIENCE_SECONDS)


run()
