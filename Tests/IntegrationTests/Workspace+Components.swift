import Foundation
import TestSupport

extension Workspace {
    /// What components and functions of tests begin with: `connect` says whether the Greengrass IPC takes a
    /// token, by default the process's own.
    static let connect = """
        import json, os, signal, socket, struct, subprocess, sys, time, zlib

        def connect(token=None):
            def header(name, kind, value):
                return bytes([len(name)]) + name + bytes([kind]) + value
            number = lambda value: struct.pack('>i', value)
            headers = (header(b':version', 7, b'\\x00\\x050.1.0') + header(b':message-type', 4, number(4))
                       + header(b':message-flags', 4, number(0)) + header(b':stream-id', 4, number(0)))
            payload = json.dumps({'authToken': token or os.environ['SVCUID']}).encode()
            message = struct.pack('>II', 16 + len(headers) + len(payload), len(headers))
            message += struct.pack('>I', zlib.crc32(message)) + headers + payload
            message += struct.pack('>I', zlib.crc32(message))
            with socket.socket(socket.AF_UNIX) as ipc:
                ipc.connect(os.environ['AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT'])
                ipc.sendall(message)
                answer = ipc.recv(4096)
            flags = answer.index(b':message-flags') + len(b':message-flags') + 1
            return answer[flags:flags + 4] == number(1)

        """

    /// Writes `trellis.json` with generic components, and for each with `code` its `NAME.py`.
    ///
    /// - Parameter components: The components' keys beside `name` and `run`, by their names.
    func writeComponents(_ components: [String: [String: any Sendable]], code: String = "") throws {
        let entries = components.sorted { $0.key < $1.key }.map { name, keys in
            keys.merging(["name": name, "run": ["python3", "-u", "component.py"]]) { given, _ in given }
        }
        try write(Self.connect + code, to: "component.py")
        let document: [String: any Sendable] = ["components": entries, "mqtt": ["endpoint": "none"]]
        let data = try JSONSerialization.data(withJSONObject: document)
        try write(String(decoding: data, as: UTF8.self), to: "trellis.json")
    }

    /// Starts a daemon on generic components alone.
    func startComponents() async throws -> Program {
        let daemon = try launch()
        try await daemon.line(with: "running; Ctrl-C ends it")
        return daemon
    }
}
