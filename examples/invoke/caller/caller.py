"""Invokes two other functions through the SDK's client 'lambda'; its own event says which, and how."""

import base64
import json
import os

import greengrasssdk

client = greengrasssdk.client('lambda')


def function_handler(event, context):
    return STEPS[event['step']](event)


def mean(event):
    """Waits for the result of a JSON function."""
    answer = client.invoke(
        FunctionName=os.environ['MEAN_FUNCTION'],
        Payload=json.dumps(event),
    )
    if answer['FunctionError']:
        # No stream as a result would be, but the bytes of a JSON document that describes the error.
        return {'functionError': answer['FunctionError'], 'document': json.loads(answer['Payload'])}
    return json.loads(answer['Payload'].read())


def mean_later(event):
    """Does not wait: the function runs after the call has returned, and nobody gets its result."""
    client.invoke(
        FunctionName=os.environ['MEAN_FUNCTION'],
        InvocationType='Event',
        Payload=json.dumps(event),
    )
    return 'accepted'


def compress(event):
    """Sends bytes to a binary function, with a client context beside them, and gets bytes back."""
    text = event['text'].encode()
    client_context = {'custom': {'level': event.get('level', 9)}}
    answer = client.invoke(
        FunctionName=os.environ['COMPRESS_FUNCTION'],
        ClientContext=base64.b64encode(json.dumps(client_context).encode()),
        Payload=text,
    )
    compressed = answer['Payload'].read()
    # This function's own result is JSON, which has no bytes.
    return {'bytes': len(text), 'compressedBytes': len(compressed)}


def missing(event):
    """What the core refuses is no function's error: the SDK raises InvocationException."""
    client.invoke(FunctionName=os.environ['MISSING_FUNCTION'], Payload=b'{}')


STEPS = {'mean': mean, 'mean-later': mean_later, 'compress': compress, 'missing': missing}
