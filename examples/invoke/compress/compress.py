"""Compresses bytes; the client context may say how hard to try, since the payload has no room for it."""

import zlib


def function_handler(event, context):
    level = context.client_context.custom.get('level', zlib.Z_DEFAULT_COMPRESSION)
    # A binary function gets bytes and returns bytes: nothing is decoded or encoded on the way.
    return zlib.compress(event, level)
