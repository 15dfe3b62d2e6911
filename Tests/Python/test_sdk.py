"""The SDK as it comes from PyPI, under the runtime."""

import json
import os
import unittest

from fake_core import FUNCTION_ARN, FUNCTIONS, PATIENCE_SECONDS, ROUTER_ARN, Answer, decode_context
from test_runtime import RuntimeCase

EXAMPLE = os.path.join(os.path.dirname(FUNCTIONS), '..', '..', 'examples', 'hello-world', 'function')
SDK = os.environ.get('TRELLIS_GREENGRASSSDK', '')
OTHER_PATH = '/2016-11-01/functions/arn:aws:lambda:eu-central-1:123456789012:function:other:3'
REFUSAL = (
    'No subscription exists for the source {} and subject {}. Deploy and configure '
    'aws.greengrass.LegacySubscriptionRouter component to support publishing from Lambdas.'
)


@unittest.skipUnless(SDK, 'greengrasssdk is not installed and cannot be fetched')
class SDKCalls(RuntimeCase):
    def call(self, function, event=b''):
        self.function = self.start('sdk_calls.' + function, python_path=[SDK])
        return json.loads(self.invoke(event).body)

    def subject(self, request):
        return decode_context(request.headers['X-Amz-Client-Context'])['custom']['subject']

    def posted(self):
        return self.core.posted.get(timeout=PATIENCE_SECONDS)

    def test_publish_is_an_event_invocation_of_the_router(self):
        self.call('publish', b'{"topic": "a/b", "payload": "hi", "queueFullPolicy": "AllOrException"}')
        request = self.posted()
        self.assertEqual(request.path, '/2016-11-01/functions/' + ROUTER_ARN)
        self.assertEqual(request.body, b'hi')
        self.assertEqual(request.headers['X-Amz-Invocation-Type'], 'Event')
        self.assertEqual(
            decode_context(request.headers['X-Amz-Client-Context']),
            {'custom': {'source': FUNCTION_ARN, 'subject': 'a/b', 'queueFullPolicy': 'AllOrError'}},
        )

    def test_a_refused_publish_is_logged_as_on_the_original_core_and_raised(self):
        body = REFUSAL.format(FUNCTION_ARN, 'a').encode()
        self.core.on_post_work = lambda request: Answer(400, {}, body)
        raised = self.call('publish', b'{"topic": "a", "payload": "hi"}')
        self.assertEqual(raised, 'Failed to invoke function due to HTTP Error 400: Bad Request')
        self.assertRegex(
            self.function.next_line('ERROR'),
            r'^ipc_client\.py:\d+,HTTP Error 400:Bad Request, ' + repr(body).replace('.', r'\.') + '$',
        )

    def test_threads_publish_each_over_one_connection(self):
        self.call('publish_from_threads')
        requests = [self.posted() for _ in range(100)]
        for number in range(4):
            own = [request for request in requests if self.subject(request) == 't/%d' % number]
            self.assertEqual([request.body for request in own], [str(count).encode() for count in range(25)])
            self.assertEqual(len({request.client_port for request in own}), 1)

    def test_invoke_fetches_the_result_of_the_qualified_function(self):
        def result(request):
            self.assertEqual(request.headers['X-Amz-InvocationId'], 'id-of-posted')
            return Answer(200, {}, b'{"ok": true}')

        self.core.on_get_result = result
        self.assertEqual(self.call('invoke'), {'error': '', 'payload': '{"ok": true}'})
        request = self.posted()
        self.assertEqual((request.path, request.body), (OTHER_PATH, b'{"n": 1}'))
        self.assertEqual(request.headers['X-Amz-Invocation-Type'], 'RequestResponse')
        self.assertEqual(request.headers['X-Amz-Client-Context'], '')

    def test_invoke_tells_a_function_error(self):
        self.core.on_get_result = lambda request: Answer(200, {'X-Amz-Function-Error': 'Unhandled'}, b'{}')
        self.assertEqual(self.call('invoke_failing'), {'error': 'Unhandled', 'payload': '{}'})

    def test_an_event_invocation_does_not_wait(self):
        self.core.on_get_result = lambda request: self.fail('no result is to be fetched')
        self.assertEqual(self.call('invoke_event'), '')
        request = self.posted()
        self.assertEqual(request.headers['X-Amz-Invocation-Type'], 'Event')
        self.assertEqual(request.headers['X-Amz-Client-Context'], 'e30=')

    def test_the_example_greets_from_its_import_and_goes_on_when_it_is_refused(self):
        self.core.on_post_work = lambda request: Answer(400, {}, REFUSAL.encode())
        function = self.start('hello_world.function_handler', folder=EXAMPLE, python_path=[SDK])
        request = self.posted()
        self.assertEqual(self.subject(request), 'hello/world')
        self.assertTrue(request.body.startswith(b'Hello world!'))
        self.assertTrue(self.core.initialized.get(timeout=PATIENCE_SECONDS)['Success'])
        self.assertIn('HTTP Error 400', function.next_line('ERROR'))
        self.assertEqual(self.invoke(b'{}').body, b'null')

    def test_a_shadow_is_an_invocation_of_the_shadow_service(self):
        self.core.on_get_result = lambda request: Answer(200, {}, b'{"state": {}}')
        self.assertEqual(self.call('shadow'), '{"state": {}}')
        request = self.posted()
        self.assertTrue(request.path.endswith('arn:aws:lambda:::function:GGShadowService'))
        context = decode_context(request.headers['X-Amz-Client-Context'])
        self.assertEqual(context, {'custom': {'subject': '$aws/things/thing/shadow/get'}})

    def test_a_secret_is_an_invocation_of_the_secret_manager(self):
        secret = b'{"SecretString": "x", "CreatedDate": 1000}'
        self.core.on_get_result = lambda request: Answer(200, {}, secret)
        self.assertEqual(self.call('secret'), 'x')
        request = self.posted()
        self.assertTrue(request.path.endswith('arn:aws:lambda:::function:GGSecretManager:1'))
        self.assertEqual(request.body, b'{"SecretId": "s"}')


if __name__ == '__main__':
    unittest.main()
