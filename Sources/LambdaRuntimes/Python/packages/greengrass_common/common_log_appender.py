"""Sends log records, stdout and stderr to the descriptors that the core reads, one for each level."""

import atexit
import io
import logging
import os
import sys
import threading
import weakref

# Text without a line end is held back until its line is complete, but never more than this: the core
# cuts a line there anyway.
PARTIAL_LINE_CHARACTERS_MAX = 64 * 1024

TRACE = 5

# The core's name of each level, by the least level number that belongs to it.
_LEVELS = (
    (logging.CRITICAL, 'FATAL'),
    (logging.ERROR, 'ERROR'),
    (logging.WARNING, 'WARN'),
    (logging.INFO, 'INFO'),
    (logging.DEBUG, 'DEBUG'),
    (TRACE, 'TRACE'),
)

# Stdout shares a descriptor with the INFO records, so one lock keeps the lines of all threads whole.
# A signal handler may log while its thread is writing: hence reentrant.
_write_lock = threading.RLock()


def configure(environ):
    """Makes the root logger, stdout and stderr write to the core's log.

    Without the core's descriptors, as under a debugger, records go to stderr and the streams stay.
    """
    logging.addLevelName(TRACE, 'TRACE')
    descriptors = _descriptors(environ)
    if descriptors:
        handler = LevelHandler(descriptors)
        for descriptor in descriptors.values():
            # A program that the function starts gets stdout and stderr, and must not keep the rest open.
            if descriptor > 2:
                os.set_inheritable(descriptor, False)
        sys.stdout = sys.__stdout__ = LineStream(descriptors.get('INFO', 1))
        sys.stderr = sys.__stderr__ = LineStream(descriptors.get('ERROR', 2))
    else:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter('%(filename)s:%(lineno)d,%(message)s'))
    logging.root.addHandler(handler)
    logging.root.setLevel(_level(environ.get('LOG_LEVEL', '')))


class LevelHandler(logging.Handler):
    """Writes each record to the descriptor of its level."""

    def __init__(self, descriptors):
        super().__init__()
        self._descriptors = descriptors

    def emit(self, record):
        try:
            level = next((name for least, name in _LEVELS if record.levelno >= least), 'TRACE')
            _write_all(self._descriptors.get(level, 2), self.format(record) + '\n')
        except Exception:
            self.handleError(record)


class LineStream(io.TextIOWrapper):
    """A text stream that writes whole lines, so that the lines of two threads never mix."""

    def __init__(self, descriptor):
        raw = io.FileIO(descriptor, 'w', closefd=False)
        super().__init__(raw, encoding='utf-8', errors='backslashreplace', write_through=True)
        self._descriptor = descriptor
        self._partial_lines = {}
        _streams.add(self)

    def write(self, text):
        thread = threading.get_ident()
        lines, end, partial = (self._partial_lines.pop(thread, '') + text).rpartition('\n')
        if len(partial) >= PARTIAL_LINE_CHARACTERS_MAX:
            lines, end, partial = lines + end, partial, ''
        if partial:
            self._partial_lines[thread] = partial
        if lines or end:
            _write_all(self._descriptor, lines + end)
        return len(text)

    def flush(self):
        partial = self._partial_lines.pop(threading.get_ident(), '')
        if partial:
            _write_all(self._descriptor, partial)

    def end_lines(self):
        """Writes what every thread has held back."""
        while self._partial_lines:
            _write_all(self._descriptor, self._partial_lines.popitem()[1] + '\n')

    def forget_lines(self):
        """Drops what every thread has held back."""
        self._partial_lines.clear()


def _descriptors(environ):
    """The open descriptors that the environment names, by level."""
    found = {}
    for _, level in _LEVELS:
        try:
            descriptor = int(environ['_GG_LOG_FD_' + level])
            os.fstat(descriptor)
        except (KeyError, ValueError, OverflowError, OSError):
            continue
        found[level] = descriptor
    return found


def _level(name):
    """The number of the level that LOG_LEVEL names; INFO when it names none."""
    numbers = {level: least for least, level in _LEVELS}
    numbers.update(WARNING=logging.WARNING, CRITICAL=logging.CRITICAL)
    return numbers.get(name.strip().upper(), logging.INFO)


def _write_all(descriptor, text):
    remaining = memoryview(text.encode('utf-8', 'backslashreplace'))
    with _write_lock:
        while remaining:
            remaining = remaining[os.write(descriptor, remaining):]


_streams = weakref.WeakSet()


def _end_lines():
    for stream in list(_streams):
        stream.end_lines()


def _begin_as_child():
    # Another thread may have held the lock when this one forked.
    global _write_lock
    _write_lock = threading.RLock()
    # What was printed before is the parent's to write.
    for stream in list(_streams):
        stream.forget_lines()


atexit.register(_end_lines)
os.register_at_fork(after_in_child=_begin_as_child)
