"""Handlers that the tests run, one for each behaviour."""

import logging
import os
import select
import signal
import sys
import threading


def wait():
    """Returns after a signal's handler; unlike signal.pause, it does not miss a signal that comes early."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    print('waiting')
    select.select([reading], [], [])


def echo(event, context):
    return event


def nothing(event, context):
    return None


def describe(event, context):
    return {
        'aws_request_id': context.aws_request_id,
        'invoked_function_arn': context.invoked_function_arn,
        'function_name': context.function_name,
        'function_version': context.function_version,
        'client': context.client_context.client,
        'custom': context.client_context.custom,
        'env': context.client_context.env,
        'identity': [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
        'remaining': context.get_remaining_time_in_millis(),
    }


def fail(event, context):
    raise KeyError('no such\nthing')


class Unreadable(BaseException):
    def __str__(self):
        raise ValueError('no text')


def fail_unreadably(event, context):
    raise Unreadable()


def fail_at_length(event, context):
    raise ValueError('x' * 10_000_000)


def recurse(event, context):
    return recurse(event, context)


def unencodable(event, context):
    return {'a set': set()} if event != 'nan' else float('nan')


def upper(event, context):
    if event == b'nothing':
        return None
    if event == b'text':
        return 'Grüße'
    if event == b'number':
        return 1
    return bytes(event).upper()


def leave(event, context):
    ticking = threading.Timer(3600, print)
    ticking.start()
    print('left', end='')
    if event == 'interrupt':
        raise KeyboardInterrupt
    sys.exit(event)


def wait_for_signal(event, context):
    try:
        wait()
    finally:
        print('cleaned up')


def swallow_signal(event, context):
    try:
        wait()
    except:  # noqa: E722
        print('swallowed')
    return 'done'


def log(event, context):
    logger = logging.getLogger('handlers')
    logger.log(5, 'at trace')
    logger.debug('at debug')
    logger.info('at info: %s', 'ü')
    logger.warning('at warning')
    logger.error('at error\nand more')
    logger.critical('at critical')


def print_lines(event, context):
    print('one\ntwo', 3)
    print('out', end='')
    print(' of pieces')
    print('to stderr', file=sys.stderr)
    sys.stdout.buffer.write(b'raw bytes\n')
    print('\udcff')


def print_from_threads(event, context):
    barrier = threading.Barrier(8)

    def work(number):
        barrier.wait()
        for _ in range(200):
            print(number, 'x' * 100, number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fork_and_return(event, context):
    return 'child' if os.fork() == 0 else 'parent'


def modules(event, context):
    import json
    return {'path': sys.path, 'json': json.__file__}
