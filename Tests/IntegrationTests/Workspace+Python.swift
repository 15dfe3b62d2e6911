import Foundation
import TestSupport

extension Workspace {
    /// A function that runs the Python text of its event: what that assigns to `result` comes back as text,
    /// and what it assigns to `answer` as it is.
    static let python = """
        import ctypes
        import json
        import os
        import signal
        import sys
        import threading
        import time

        import greengrasssdk

        iot = greengrasssdk.client('iot-data')
        lambda_client = greengrasssdk.client('lambda')

        def handler(event, context):
            custom = context.client_context.custom or {}
            if 'subject' in custom:
                print('GOT {} {!r}'.format(custom['subject'], event))
                return
            names = dict(globals())
            exec(event['code'], names)
            return names.get('answer', {'ok': str(names.get('result')), 'pid': os.getpid()})
        """

    /// Runs Python in a function that is made of `Workspace.python`.
    func run(_ code: String, in name: String = "python") async throws -> Answer {
        try await invoke(name, ["code": code]).answer
    }

    /// What the text assigned to `result`.
    func result(of code: String, in name: String = "python") async throws -> String {
        let answer = try await run(code, in: name)
        guard let text = answer.Payload?.ok else { throw ProgramError(description: "\(answer)") }
        return text
    }

    /// The token of a process of the test's own, which serves as the function from now on.
    func token(for name: String) async throws -> String {
        let lines = try await trellis("lambda", "env", "-n", name, "--json").lines
        let environment = try JSONDecoder().decode(
            [String: String].self,
            from: Data(lines.joined(separator: "\n").utf8)
        )
        guard let token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] else {
            throw ProgramError(description: "\(lines)")
        }
        return token
    }
}
