"""What a function does with the SDK as it comes from PyPI."""

import threading

import greengrasssdk
from greengrasssdk.Lambda import InvocationException

publisher = greengrasssdk.client('iot-data')
invoker = greengrasssdk.client('lambda')
OTHER = 'arn:aws:lambda:eu-central-1:123456789012:function:other'


def publish(event, context):
    try:
        publisher.publish(**event)
    except InvocationException as error:
        return str(error)


def publish_from_threads(event, context):
    def work(number):
        for count in range(25):
            publisher.publish(topic='t/%d' % number, payload=str(count))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def invoke(event, context):
    answer = invoker.invoke(FunctionName=OTHER, Qualifier='3', Payload=b'{"n": 1}')
    return {'error': answer['FunctionError'], 'payload': answer['Payload'].read().decode()}


def invoke_failing(event, context):
    answer = invoker.invoke(FunctionName=OTHER + ':3', Payload=b'')
    return {'error': answer['FunctionError'], 'payload': answer['Payload'].decode()}


def invoke_event(event, context):
    answer = invoker.invoke(FunctionName=OTHER + ':3', InvocationType='Event', ClientContext=b'e30=')
    return answer['Payload'].decode()


def shadow(event, context):
    return publisher.get_thing_shadow(thingName='thing')['payload'].decode()


def secret(event, context):
    return str(greengrasssdk.client('secretsmanager').get_secret_value(SecretId='s')['SecretString'])
