import Foundation
import TestSupport
import Testing

/// Topics that are none, or are odd, on each way in.
///
/// One after the other: each test has a daemon of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HostileTopicTests {
    @Test("the SDK's publish is answered 400 or 431 with a text, or passes the topic on as it is")
    func sdk() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("python", code: Workspace.python)
        try workspace.addFunction("sink")
        try workspace.writeSubscriptions([("python", "#", "sink"), ("python", "$odd/#", "sink")])
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let log = try workspace.follow("python")
        let refused = [
            ("'a/+'", "the wildcard '+' at byte 2"), ("'a/#/b'", "the wildcard '#' at byte 2"),
            ("''", "it must have at least one character"),
            (#"'a\0b'"#, "the null character U+0000 at byte 1"),
            ("'x' * 65_535", "at most 65536 bytes in at most 128 fields"),
            ("'x' * 200_000", "at most 65536 bytes in at most 128 fields"),
            (#"'\ud800'"#, "is not base64 of the JSON"), ("None", "is not base64 of the JSON"),
            ("['a']", "is not base64 of the JSON"), ("'$SYS/x'", "No subscription exists for the source"),
        ]
        for (topic, text) in refused {
            let answer = try await workspace.run("iot.publish(topic=\(topic), payload='1')")
            #expect(answer.Payload?.errorMessage?.contains("HTTP Error 4") == true, "\(topic): \(answer)")
            try await log.line(with: text)
        }
        let passed = ["/", "//", "/a", "a/", " ", "$odd/x", "é/🦄", String(repeating: "a/", count: 500)]
        let sink = try workspace.follow("sink")
        for topic in passed {
            let code = "result = iot.publish(topic='\(topic)', payload='1')"
            #expect(try await workspace.result(of: code) == "None")
            try await sink.line(with: "GOT \(topic) 1 ")
        }
        let odd = #"result = iot.publish(topic='two\nlines \x1b[31m', payload='1')"#
        #expect(try await workspace.result(of: odd) == "None")
        try await sink.line(with: "GOT two")
        withExtendedLifetime(daemon) {}
    }

    @Test("the command line's pub says what is wrong with the topic", arguments: ["pubsub", "iotcore"])
    func commandLine(command: String) async throws {
        let workspace = try Workspace()
        let daemon = try await workspace.startDaemon()
        let refused = [
            ("a/+", "the wildcard '+' at byte 2"), ("#", "the wildcard '#' at byte 0"),
            ("", "topic is missing"), (String(repeating: "x", count: 65_536), "at most 65535 are allowed"),
            (String(repeating: "é", count: 60_000), "has 120000 bytes of UTF-8; at most 65535"),
        ]
        for (topic, text) in refused {
            let (status, lines) = try await workspace.trellis(command, "pub", "-t", topic, "-m", "1")
            #expect(status == 1, "\(lines)")
            #expect(lines.last?.contains(text) == true, "\(topic.prefix(9)): \(lines)")
        }
        for topic in ["/", "//", "$SYS/x"] {
            let (status, lines) = try await workspace.trellis(command, "pub", "-t", topic, "-m", "1")
            #expect(status == 0, "\(lines)")
        }
        // The longest topic of MQTT is none for AWS IoT Core, which the embedded broker stands in for.
        let longest = String(repeating: "é", count: 32_767)
        let (status, lines) = try await workspace.trellis(command, "pub", "-t", longest, "-m", "1")
        #expect(status == (command == "pubsub" ? 0 : 1), "\(lines)")
        #expect(command == "pubsub" || lines.last?.contains("the topic has 65534 bytes") == true, "\(lines)")
        for filter in ["a/#/b", "a+", ""] {
            let (status, lines) = try await workspace.trellis(command, "sub", "-t", filter)
            #expect(status == 1, "\(lines)")
            #expect(lines.last?.isEmpty == false)
        }
        #expect(try await workspace.status().mqtt.state == "connected")
        withExtendedLifetime(daemon) {}
    }
}
