extension Workspace {
    /// A function that does what its event says: `{"do": "publish", "topic": …}` and so on.
    static let actor = """
        import json
        import os
        import signal
        import subprocess
        import sys

        import greengrasssdk

        iot = greengrasssdk.client('iot-data')
        lambda_client = greengrasssdk.client('lambda')

        def publish(event):
            try:
                for number in range(event.get('count', 1)):
                    iot.publish(topic=event['topic'], payload=event.get('payload', str(number)),
                                queueFullPolicy=event.get('policy', 'BestEffort'))
                return {'ok': 'published'}
            except Exception as error:
                return {'error': str(error)}

        def daemonize(event):
            # A grandchild that leaves its parent and its session, and stays for longer than any test.
            read_end, write_end = os.pipe()
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.setsid()
                    os.write(write_end, str(os.getpid()).encode())
                    for descriptor in range(0, 64):
                        try:
                            os.close(descriptor)
                        except OSError:
                            pass
                    signal.pause()
                os._exit(0)
            os.wait()
            child = subprocess.Popen(['/bin/sleep', '600'])
            return {'pids': [os.getpid(), int(os.read(read_end, 20)), child.pid]}

        def invoke(event):
            answer = lambda_client.invoke(FunctionName=event['function'],
                                          Payload=json.dumps(event['payload']),
                                          InvocationType=event.get('type', 'RequestResponse'))
            payload = answer['Payload']
            # The SDK wraps a result into a stream, and hands the description of an error over as it is.
            payload = payload.read() if hasattr(payload, 'read') else payload
            return {'ok': payload.decode(), 'error': answer['FunctionError'] or None}

        def raise_error(event):
            raise ValueError('as asked')

        actions = {
            'publish': publish, 'invoke': invoke, 'daemonize': daemonize, 'raise': raise_error,
            'echo': lambda event: {'ok': event.get('payload'), 'pid': os.getpid()},
            'hang': lambda event: signal.pause(),
            'exit': lambda event: os._exit(3),
            'kill': lambda event: os.kill(os.getpid(), signal.SIGKILL),
        }

        def handler(event, context):
            custom = context.client_context.custom or {}
            if 'subject' in custom:
                print('GOT {} {} pid={}'.format(custom['subject'], json.dumps(event), os.getpid()))
                return
            return actions[event['do']](event)
        """
}
