"""Keeps the SDK that functions share compiled, so that no instance need read it when it is waited for.

Nothing of it is run here. A function that imports the SDK finds it where it would anyway, or its own, and runs
it itself; only its files are not read again, as long as they are those that were compiled.
"""

import os
import stat
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)

_PACKAGE = 'greengrasssdk'
# The largest file of version 1.6.1 that is not for streams has 8 KB.
_FILE_BYTES_MAX = 64 * 1024
_FILES_MAX = 100

_codes = {}


class _Loader(SourceFileLoader):
    def get_code(self, fullname):
        code = _codes.get(self.path)
        if code is not None and code[0] == _version(self.path):
            return code[1]
        return super().get_code(fullname)


def keep(folder):
    """Compiles the SDK in the folder, if it is there and nobody else could have written it."""
    loaders = (
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (_Loader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
    places = [folder]
    for place, _, names in os.walk(os.path.join(folder, _PACKAGE)):
        for name in names:
            if name.endswith('.py') and len(_codes) < _FILES_MAX:
                _compile(os.path.join(place, name))
        places.append(place)
    for place in places if _codes else ():
        finder = sys.path_importer_cache[place] = FileFinder(place, *loaders)
        finder.find_spec(_PACKAGE)  # which lists the folder, as it does again once that has changed


def _compile(path):
    try:
        version = _version(path)
        status = os.stat(path)
        if status.st_size > _FILE_BYTES_MAX or not _is_ours(status):
            return
        loader = _Loader('', path)
        _codes[path] = version, loader.source_to_code(loader.get_data(path), path)
    except (OSError, SyntaxError, ValueError):
        pass  # whoever imports it is told


def _is_ours(status):
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _version(path):
    """Differs after every change of the file."""
    status = os.stat(path)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
