from handlers import wait

try:
    wait()
finally:
    print('cleaned up')


def handler(event, context):
    """Never reached."""
