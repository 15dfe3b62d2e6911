"""The mean of some numbers, after a pause that is longer than this function's time-out if you like."""

import logging
import statistics
import time


def function_handler(event, context):
    time.sleep(event.get('pauseSeconds', 0))
    # Without numbers this raises StatisticsError, which the caller is told as a Handled error.
    mean = statistics.mean(event['numbers'])
    logging.info('the mean is %s', mean)
    return {'mean': mean}
