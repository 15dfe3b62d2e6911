"""The runtime as a process, from its start to its end."""

import json
import os
import re
import signal
import tempfile
import unittest

from fake_core import (
    FUNCTION_ARN, FUNCTIONS, PATIENCE_SECONDS, Answer, FakeCore, FunctionProcess, encode_context,
)


class RuntimeCase(unittest.TestCase):
    def setUp(self):
        self._is_started = False
        self.core = FakeCore()
        self.addCleanup(self.core.close)

    def start(self, handler, **options):
        # A core for each function: one that has ended leaves a poll behind, which would take the work.
        if self._is_started:
            self.setUp()
        self._is_started = True
        function = FunctionProcess(self.core, handler, **options)
        self.addCleanup(function.close)
        return function

    def initialized(self):
        return self.core.initialized.get(timeout=PATIENCE_SECONDS)

    def result(self):
        return self.core.results.get(timeout=PATIENCE_SECONDS)

    def invoke(self, payload, context=''):
        self.core.send(payload, context)
        return self.result()

    def assert_error(self, request, error_type, message):
        self.assertEqual(request.headers['X-Amz-Function-Error'], 'Handled')
        report = json.loads(request.body)
        self.assertEqual(sorted(report), ['errorMessage', 'errorType', 'stackTrace'])
        self.assertEqual(report['errorType'], error_type)
        self.assertIn(message, report['errorMessage'])
        return report['stackTrace']


class Initialization(RuntimeCase):
    def assert_failure(self, handler, *why):
        function = self.start(handler)
        report = self.initialized()
        self.assertIs(report['Success'], False)
        for text in why:
            self.assertIn(text, report['Response'])
        self.assertEqual(function.wait(), 1)
        self.assertIn("Cannot load the handler '" + handler, function.next_line('ERROR'))

    def test_a_handler_that_loads_is_reported_as_success(self):
        self.start('handlers.echo')
        self.assertEqual(self.initialized(), {'Success': True, 'Response': ''})

    def test_a_failing_import_is_reported_with_the_traceback_of_the_function_alone(self):
        self.assert_failure('broken_import.handler', 'broken_import.py", line 1', 'no_such_module')
        self.start('broken_import.handler')
        self.assertNotIn('lambda_runtime.py', self.initialized()['Response'])

    def test_a_missing_module_is_reported(self):
        self.assert_failure('absent.handler', "No module named 'absent'")

    def test_a_missing_function_is_reported(self):
        self.assert_failure('handlers.absent', "module 'handlers' has no function 'absent'")

    def test_a_handler_without_a_module_is_reported(self):
        self.assert_failure('handlers', 'must be named MODULE.FUNCTION')

    def test_an_import_that_exits_is_reported(self):
        self.assert_failure('exiting_import.handler', 'SystemExit: not today')

    def test_a_refused_report_ends_the_process(self):
        function = self.start('handlers.echo', environ={'AWS_CONTAINER_AUTHORIZATION_TOKEN': 'wrong'})
        self.assertEqual(function.wait(), 1)
        line = function.next_line('ERROR')
        self.assertRegex(line, r"^ipc_client\.py:\d+,HTTP Error 403:Forbidden, b'Unknown token\.'$")

    def test_a_core_that_is_not_there_ends_the_process(self):
        self.core.close()
        function = self.start('handlers.echo')
        self.assertEqual(function.wait(), 1)
        self.assertIn('No answer from the core at 127.0.0.1:', function.next_line('ERROR'))

    def test_a_handler_may_lie_in_a_folder(self):
        for name in ('nested/inner.handler', 'nested.inner.handler'):
            self.start(name)
            self.assertTrue(self.initialized()['Success'])

    def test_modules_of_function_and_runtime_do_not_take_each_others_place(self):
        self.start('own.handler', folder=os.path.join(FUNCTIONS, 'shadowing'))
        self.assertEqual(self.initialized()['Response'], '')
        self.assertEqual(json.loads(self.invoke(b'').body), "the function's own")

    def test_the_folder_of_the_function_comes_before_PYTHONPATH(self):
        with tempfile.TemporaryDirectory() as folder:
            self.start('handlers.modules', python_path=[folder])
            path = json.loads(self.invoke(b'').body)['path']
            self.assertEqual(path[1:3], [FUNCTIONS, folder])


class Invocation(RuntimeCase):
    def test_a_json_payload_is_decoded_and_the_result_encoded(self):
        self.start('handlers.echo')
        request = self.invoke(b'{"a": [1, null, "\xc3\xbc"]}')
        self.assertEqual(json.loads(request.body), {'a': [1, None, 'ü']})
        self.assertEqual(request.headers['X-Amz-InvocationId'], 'id-1')
        self.assertIsNone(request.headers['X-Amz-Function-Error'])

    def test_an_empty_payload_is_an_empty_event(self):
        self.start('handlers.echo')
        self.assertEqual(self.invoke(b'').body, b'{}')

    def test_None_is_null(self):
        self.start('handlers.nothing')
        self.assertEqual(self.invoke(b'').body, b'null')

    def test_the_context_tells_about_the_invocation(self):
        self.start('handlers.describe', environ={'AWS_LAMBDA_FUNCTION_TIMEOUT': '1000'})
        context = {'custom': {'subject': 'a/b'}, 'env': {'e': '1'}, 'client': {'installation_id': 'i'}}
        described = json.loads(self.invoke(b'{}', encode_context(context)).body)
        self.assertTrue(0 < described.pop('remaining') <= 1_000_000)
        self.assertEqual(described, {
            'aws_request_id': 'id-1', 'invoked_function_arn': FUNCTION_ARN, 'function_name': 'tested',
            'function_version': '7', 'client': {'installation_id': 'i'}, 'custom': {'subject': 'a/b'},
            'env': {'e': '1'}, 'identity': [None, None],
        })

    def test_an_empty_client_context_is_tolerated(self):
        self.start('handlers.describe')
        for context in ('', encode_context({}), encode_context({'custom': None})):
            described = json.loads(self.invoke(b'{}', context).body)
            self.assertEqual((described['client'], described['custom'], described['env']), (None, {}, {}))
            self.assertTrue(0 < described['remaining'] <= 3000)

    def test_the_remaining_time_is_never_negative(self):
        self.start('handlers.describe', environ={'AWS_LAMBDA_FUNCTION_TIMEOUT': '0'})
        self.assertEqual(json.loads(self.invoke(b'').body)['remaining'], 0)

    def test_a_malformed_client_context_never_reaches_the_handler(self):
        function = self.start('handlers.echo')
        for context in ('?', encode_context([]), encode_context({'custom': 'text'}), 'W1tb'):
            self.assert_error(self.invoke(b'{}', context), 'Runtime.UnmarshalError', 'Unable to unmarshal')
        self.assertIn('Unable to unmarshal', function.next_line('ERROR'))

    def test_a_payload_that_is_no_json_never_reaches_the_handler(self):
        self.start('handlers.echo')
        for payload in (b'{', b'\xff', b' ', b'[' * 1_000_000):
            self.assert_error(self.invoke(payload), 'Runtime.UnmarshalError', 'Unable to unmarshal input')
        self.assertEqual(self.invoke(b'1').body, b'1')

    def test_a_raised_exception_is_told_with_the_frames_of_the_function_alone(self):
        function = self.start('handlers.fail')
        trace = self.assert_error(self.invoke(b''), 'KeyError', "'no such\\nthing'")
        self.assertEqual(len(trace), 1)
        self.assertIn("in fail\n    raise KeyError('no such\\nthing')\n", trace[0])
        self.assertRegex(function.next_line('ERROR'), r'^lambda_runtime\.py:\d+,The handler raised KeyError$')
        self.assertEqual(function.next_line('ERROR'), 'Traceback (most recent call last):')
        self.assert_error(self.invoke(b''), 'KeyError', 'no such')

    def test_an_exception_without_readable_text_is_told(self):
        self.start('handlers.fail_unreadably')
        self.assert_error(self.invoke(b''), 'Unreadable', 'no readable text')

    def test_the_report_of_an_error_is_bounded(self):
        self.start('handlers.fail_at_length')
        self.assertLess(len(self.invoke(b'').body), 100_000)

    def test_an_endless_recursion_is_told_in_bounds(self):
        self.start('handlers.recurse')
        trace = self.assert_error(self.invoke(b''), 'RecursionError', 'maximum recursion depth')
        self.assertLessEqual(len(trace), 100)

    def test_a_result_that_is_no_json_is_an_error(self):
        self.start('handlers.unencodable')
        self.assert_error(self.invoke(b''), 'Runtime.MarshalError', 'set is not JSON serializable')
        self.assert_error(self.invoke(b'"nan"'), 'Runtime.MarshalError', 'Out of range float')

    def test_binary_payloads_and_results_pass_as_they_are(self):
        self.start('handlers.upper', environ={'ENCODING_TYPE': 'binary'})
        self.assertEqual(self.invoke(b'\x00\xffa').body, b'\x00\xffA')
        self.assertEqual(self.invoke(b'').body, b'')
        self.assertEqual(self.invoke(b'nothing').body, b'')
        self.assertEqual(self.invoke(b'text').body, 'Grüße'.encode())
        self.assert_error(self.invoke(b'number'), 'Runtime.MarshalError', 'not int')

    def test_a_result_that_the_core_refuses_as_too_large_is_told_to_the_invoker(self):
        def refuse_results(request):
            return Answer(200 if request.headers['X-Amz-Function-Error'] else 413, {}, b'')

        self.core.on_post_result = refuse_results
        self.start('handlers.echo')
        self.invoke(b'"12345"')
        self.assert_error(self.result(), 'Function.ResponseSizeTooLarge', 'The result of 7 bytes')

    def test_a_result_that_nobody_waits_for_is_logged_and_the_next_one_served(self):
        self.core.on_post_result = lambda request: Answer(404, {}, b'No such invocation.')
        function = self.start('handlers.echo')
        self.invoke(b'1')
        self.assertIn("HTTP Error 404:Not Found, b'No such invocation.'", function.next_line('ERROR'))
        self.assertIn('The result of id-1 was not delivered', function.next_line('ERROR'))
        self.assertEqual(self.invoke(b'2').body, b'2')

    def test_a_forked_child_that_returns_does_not_answer(self):
        self.start('handlers.fork_and_return')
        for _ in range(3):
            self.assertEqual(self.invoke(b'').body, b'"parent"')
        self.core.send(b'', invocation_id='last')
        self.assertEqual(self.result().headers['X-Amz-InvocationId'], 'last')

    def test_getting_work_is_tried_again_but_not_for_ever(self):
        answers = [Answer(500, {}, b''), Answer(200, {'X-Amz-InvocationId': 'late'}, b'1')]
        self.core.on_get_work = lambda request: answers.pop(0) if answers else Answer(500, {}, b'')
        function = self.start('handlers.echo')
        self.assertEqual(self.result().headers['X-Amz-InvocationId'], 'late')
        self.assertEqual(function.wait(), 1)


class Ending(RuntimeCase):
    def test_an_exit_of_the_handler_ends_the_process_even_while_its_threads_live(self):
        for event, status in ((b'3', 3), (b'null', 0), (b'"text"', 1), (b'"interrupt"', 130)):
            function = self.start('handlers.leave')
            self.core.send(event)
            self.assertEqual(function.wait(), status)
            self.assertEqual(function.remaining_lines('INFO'), ['left'])
            self.assertTrue(self.core.results.empty())

    def test_SIGTERM_lets_the_handler_clean_up(self):
        function = self.start('handlers.wait_for_signal')
        self.core.send(b'')
        self.assertEqual(function.next_line('INFO'), 'waiting')
        function.process.send_signal(signal.SIGTERM)
        self.assertEqual(function.next_line('INFO'), 'cleaned up')
        self.assertEqual(function.wait(), 128 + signal.SIGTERM)

    def test_SIGTERM_ends_a_function_that_swallows_it_after_its_result(self):
        function = self.start('handlers.swallow_signal')
        self.core.send(b'')
        self.assertEqual(function.next_line('INFO'), 'waiting')
        function.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.result().body, b'"done"')
        self.assertEqual(function.wait(), 128 + signal.SIGTERM)

    def test_SIGTERM_ends_a_waiting_runtime_and_an_import(self):
        waiting = self.start('handlers.echo')
        self.initialized()
        waiting.process.send_signal(signal.SIGTERM)
        self.assertEqual(waiting.wait(), 128 + signal.SIGTERM)
        importing = self.start('waiting_import.handler')
        self.assertEqual(importing.next_line('INFO'), 'waiting')
        importing.process.send_signal(signal.SIGTERM)
        self.assertEqual(importing.next_line('INFO'), 'cleaned up')
        self.assertEqual(importing.wait(), 128 + signal.SIGTERM)
        self.assertTrue(self.core.initialized.empty())


class Logging(RuntimeCase):
    def test_each_record_goes_to_the_descriptor_of_its_level(self):
        function = self.start('handlers.log', environ={'LOG_LEVEL': 'TRACE'})
        self.invoke(b'')
        for level, text in (
            ('TRACE', 'at trace'), ('DEBUG', 'at debug'), ('INFO', 'at info: ü'), ('WARN', 'at warning'),
            ('ERROR', 'at error'), ('FATAL', 'at critical'),
        ):
            self.assertRegex(function.next_line(level), r'^handlers\.py:\d+,' + text + '$')
        self.assertEqual(function.next_line('ERROR'), 'and more')

    def test_LOG_LEVEL_holds_back_what_is_below_it(self):
        for level, least in (('WARN', 'WARN'), ('ERROR', 'ERROR'), ('', 'INFO'), ('nonsense', 'INFO')):
            function = self.start('handlers.log', environ={'LOG_LEVEL': level})
            self.invoke(b'')
            function.process.send_signal(signal.SIGTERM)
            function.wait()
            order = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']
            for name in order:
                kept = bool(function.remaining_lines(name))
                self.assertEqual(kept, order.index(name) >= order.index(least), (level, name))

    def test_prints_arrive_as_plain_lines(self):
        function = self.start('handlers.print_lines')
        self.invoke(b'')
        lines = [function.next_line('INFO') for _ in range(5)]
        self.assertEqual(lines, ['one', 'two 3', 'out of pieces', 'raw bytes', '\\udcff'])
        self.assertEqual(function.next_line('ERROR'), 'to stderr')

    def test_lines_of_threads_do_not_mix(self):
        function = self.start('handlers.print_from_threads')
        self.invoke(b'')
        for _ in range(8 * 200):
            self.assertTrue(re.fullmatch(r'(\d) x{100} \1', function.next_line('INFO')))

    def test_without_descriptors_records_go_to_stderr(self):
        unset = {'_GG_LOG_FD_' + level: '' for level in ('TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL')}
        function = self.start('handlers.log', environ=unset)
        self.invoke(b'')
        self.assertRegex(function.next_line('ERROR'), r'^handlers\.py:\d+,at info: ü$')


if __name__ == '__main__':
    unittest.main()
