import Foundation
import Glibc
import TestSupport

/// Many functions that do their work, fail in every way or hang, at full load, while their processes are
/// killed and they and the daemon are restarted.
///
/// Each message has a topic of its own, and each function writes down which message it begins with and which
/// it ends, so that at the end every accepted message can be looked for.
final class Storm {
    static let functionCount = 50
    /// The first of them are pinned; what kills an instance goes to the others only, since a pinned function
    /// that has failed is started later each time.
    static let pinnedCount = 5
    private static let batchCount = 200
    private static let publisher = "publisher"

    let workspace: Workspace
    /// The topics of the messages that were answered 202.
    private(set) var accepted: Set<String> = []
    /// The topics of those whose answer was lost with the daemon: they may have been taken or not.
    private(set) var doubtful: Set<String> = []
    private(set) var refusedCount = 0
    private(set) var disturbances: [String: Int] = [:]

    private var daemon: Program
    private var port = 0
    private var token = ""
    private var lastNumber = 0
    private var generator: SplitMix64

    var daemonPID: Int32 { daemon.pid }

    init(seed: UInt64) async throws {
        generator = SplitMix64(seed: seed)
        workspace = try Workspace()
        for number in 0..<Self.functionCount {
            var parameters: [String: any Sendable] = [
                "pinned": number < Self.pinnedCount, "timeoutInSeconds": 1,
                "environmentVariables": ["JOURNAL": "\(workspace.folder)/journal"],
            ]
            if number >= Self.pinnedCount {
                parameters["maxInstancesCount"] = 2
                parameters["maxIdleTimeInSeconds"] = 1
            }
            try workspace.addFunction("f\(number)", code: Self.code, parameters: parameters)
        }
        try workspace.addFunction(Self.publisher, code: Self.code, parameters: ["pinned": false])
        let rows = (0..<Self.functionCount).map { (Self.publisher, "storm/\($0)/#", "f\($0)") }
        try workspace.writeSubscriptions(rows)
        daemon = try await workspace.startDaemon(
            mqtt: #"{"endpoint": "none"}"#,
            limits: #"{"deadLetterMaxCount": 1000000}"#
        )
        try await attach()
    }

    private static let code = """
        import os
        import signal

        # One for each process.
        NAME = os.urandom(8).hex()

        def note(what, topic):
            journal = os.open(os.environ['JOURNAL'], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(journal, '{} {} {}\\n'.format(what, topic, NAME).encode())
            os.close(journal)

        def handler(event, context):
            topic = context.client_context.custom['subject']
            note('begin', topic)
            if event['do'] == 'raise':
                raise ValueError('as asked')
            if event['do'] == 'exit':
                os._exit(3)
            if event['do'] == 'kill':
                os.kill(os.getpid(), signal.SIGKILL)
            if event['do'] == 'hang':
                signal.pause()
            note('end', topic)
        """

    /// Publishes a batch, and disturbs whatever it meets.
    func step() async throws {
        let disturbance = Int.random(in: 0..<40, using: &generator)
        let (topics, bytes) = batch()
        let connection = try RawConnection(port: port)
        async let answer = connection.exchange(bytes)
        switch disturbance {
        case 0:
            count("restart of the daemon")
            daemon.signal(SIGTERM)
            note(topics, await answer)
            guard try await daemon.end() == 0 else { throw ProgramError(description: "\(daemon.lines)") }
            daemon = try await workspace.run()
            return try await attach()
        case 1...4:
            count("restart of a function")
            _ = try await workspace.trellis("component", "restart", "-n", anyFunction())
        case 5...12:
            count("kill of an instance")
            try await killInstance()
        default:
            break
        }
        note(topics, await answer)
    }

    /// Lets the functions work off what waits, and end.
    func calm() async throws {
        let pinned = (0..<Self.pinnedCount).map { "f\($0)" }
        while true {
            let status = try await workspace.status()
            for broken in status.components where broken.state == "BROKEN" {
                count("mended")
                _ = try await workspace.trellis("component", "restart", "-n", broken.name)
            }
            let isBusy = status.components.contains { component in
                component.queue > 0
                    || component.instances > 0 && !(pinned + [Self.publisher]).contains(component.name)
            }
            guard isBusy else { break }
        }
        for name in pinned {
            _ = try await workspace.trellis("component", "stop", "-n", name)
        }
    }

    func endDaemon() async throws -> Int32 {
        daemon.signal(SIGTERM)
        return try await daemon.end()
    }

    /// The topics of the dead letters.
    func deadTopics() async throws -> Set<String> {
        struct Letter: Decodable {
            let topic: String
        }
        let (_, lines) = try await workspace.trellis("deadletter", "list", "--json")
        let letters = try JSONDecoder().decode([Letter].self, from: Data(lines.joined().utf8))
        return Set(letters.map(\.topic))
    }

    /// What the functions wrote down, in its order.
    func journal() throws -> [JournalEntry] {
        try workspace.text("journal").split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            return JournalEntry(isBegin: words[0] == "begin", topic: words[1], process: words[2])
        }
    }

    private func attach() async throws {
        port = try await workspace.status().legacyIPC.port
        token = try await workspace.token(for: Self.publisher)
    }

    private func batch() -> (topics: [String], bytes: [UInt8]) {
        var topics: [String] = []
        var bytes: [UInt8] = []
        for position in 1...Self.batchCount {
            let number = Int.random(in: 0..<Self.functionCount, using: &generator)
            lastNumber += 1
            let topic = "storm/\(number)/\(lastNumber)"
            topics.append(topic)
            let source = "\(Workspace.account)\(Self.publisher):1"
            bytes +=
                LegacyRequest(
                    token: token,
                    LegacyRequest.publishing(topic, as: source, policy: "AllOrError"),
                    body: #"{"do": "\#(action(isPinned: number < Self.pinnedCount))"}"#,
                    close: position == Self.batchCount
                ).bytes
        }
        return (topics, bytes)
    }

    private func action(isPinned: Bool) -> String {
        switch Int.random(in: 0..<1_000, using: &generator) {
        case 0..<900: "work"
        case 900..<960: "raise"
        case 960..<980 where !isPinned: "exit"
        case 980..<995 where !isPinned: "kill"
        case 995... where !isPinned: "hang"
        default: "work"
        }
    }

    private func note(_ topics: [String], _ answer: RawAnswer) {
        let statuses = answer.statuses
        for (topic, status) in zip(topics, statuses) {
            if status == 202 {
                accepted.insert(topic)
            } else {
                refusedCount += 1
            }
        }
        doubtful.formUnion(topics.dropFirst(statuses.count))
    }

    private func anyFunction() -> String {
        "f\(Int.random(in: 0..<Self.functionCount, using: &generator))"
    }

    private func killInstance() async throws {
        struct Report: Decodable {
            struct Instance: Decodable {
                let pid: Int32?
                let phase: String
            }

            let instances: [Instance]
        }
        let (_, lines) = try await workspace.trellis("component", "details", "-n", anyFunction(), "--json")
        let report = try JSONDecoder().decode(Report.self, from: Data(lines.joined().utf8))
        // One that starts would count as a failure to initialise, of which three are the function's end.
        for instance in report.instances where instance.phase == "serving" || instance.phase == "idle" {
            if let pid = instance.pid {
                kill(pid, SIGKILL)
            }
        }
    }

    private func count(_ disturbance: String) {
        disturbances[disturbance, default: 0] += 1
    }
}

/// A function's process began or ended the work on a message.
struct JournalEntry {
    let isBegin: Bool
    let topic: String
    let process: String
}
