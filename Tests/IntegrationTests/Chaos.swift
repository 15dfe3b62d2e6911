import Foundation
import Glibc
import TestSupport

/// Messages of QoS 1 that go up to a broker and come down from it, while the broker and the daemon are killed
/// and the link between them is cut, slow and half-open.
///
/// Messages are numbered, and go over several topics. They come down for a group of one node, which
/// acknowledges what it has handled, so that a killed daemon loses nothing that waited in its memory.
final class Chaos {
    static let topicCount = 5
    /// How many messages go up, and how many come down, in a beat, which takes a second or longer.
    static let messagesPerBeat = 100
    /// Something happens once in so many beats.
    private static let beatsPerDisturbance = 5
    private static let publisher = "publisher"

    private static let filter = "$share/chaos/down/#"

    enum Disturbance: String, CaseIterable {
        case killDaemon = "kill of the daemon"
        case killBroker = "kill of the broker"
        case cut = "cut"
        case slow = "slow"
        case silent = "half-open"
        case mend = "mended"
    }

    let workspace: Workspace
    /// The topics and numbers of the messages that were answered 202.
    private(set) var accepted: Set<String> = []
    /// Those whose answer was lost with the daemon: they may have been taken or not.
    private(set) var doubtful: Set<String> = []
    private(set) var refusedCount = 0
    private(set) var disturbances: [Disturbance: Int] = [:]

    private let broker: PersistentBroker
    private let link: RoughLink
    private let beats: Int
    private let cloudPublisher: Program
    private let cloudSubscriber: Program
    private var mode = RoughLink.Mode.open
    private var daemon: Program
    private var port = 0
    private var token = ""
    private var lastNumber = 0
    private var generator: SplitMix64

    init(seed: UInt64, beats: Int) async throws {
        generator = SplitMix64(seed: seed)
        self.beats = beats
        workspace = try Workspace()
        let brokerFolder = "\(workspace.folder)/broker"
        try FileManager.default.createDirectory(atPath: brokerFolder, withIntermediateDirectories: false)
        broker = try await PersistentBroker(in: brokerFolder)
        link = try RoughLink(to: broker.socket)
        try workspace.addFunction(Self.publisher, code: Self.code, parameters: ["pinned": false])
        try workspace.addFunction(
            "receiver",
            code: Self.code,
            parameters: [
                "eventSources": [["topic": Self.filter, "type": "IOT_CORE"]],
                "environmentVariables": ["JOURNAL": "\(workspace.folder)/journal"],
            ]
        )
        try workspace.writeSubscriptions([(Self.publisher, "up/#", "cloud")])
        cloudSubscriber = try await ChaosCloud.subscribe(at: broker.socket)
        daemon = try await workspace.startDaemon(
            mqtt: """
                {"endpoint": "127.0.0.1", "port": \(link.port), "maximumReconnectDelaySeconds": 2,
                 "keepAliveTimeoutMs": 30000, "pingTimeoutMs": 5000, "operationTimeoutMs": 5000,
                 "spooler": {"storageType": "Disk", "maxSizeInBytes": 26214400}}
                """
        )
        while try await workspace.status().links.first?.state != "connected" {}
        cloudPublisher = try ChaosCloud.publish(
            to: link.port,
            perBeat: Self.messagesPerBeat,
            beats: beats,
            topics: Self.topicCount
        )
        try await attach()
    }

    private static let code = """
        import os

        def handler(event, context):
            journal = os.open(os.environ['JOURNAL'], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(journal, '{} {}\\n'.format(context.client_context.custom['subject'], event).encode())
            os.close(journal)
        """

    /// Publishes in every beat, and disturbs.
    func run() async throws {
        for (beat, disturbance) in plan().enumerated() {
            _ = try await cloudPublisher.lines(beat + 1) { $0 == "beat" }
            let batchCount = Self.messagesPerBeat / Self.topicCount
            if disturbance == .killDaemon {
                // What has just been accepted must be there as well as what is on its way.
                note(await Self.exchange(try makeBatches(of: batchCount)))
            }
            let batches = try makeBatches(of: batchCount)
            async let answers = Self.exchange(batches)
            if let disturbance {
                disturbances[disturbance, default: 0] += 1
                try await disturb(disturbance)
            }
            note(await answers)
            if disturbance == .killDaemon {
                daemon = try await workspace.run()
                try await attach()
            }
        }
    }

    /// Lets everything arrive: returns when the last message of each topic has.
    ///
    /// - Returns: What came up and what came down, in its order.
    func settle() async throws -> (up: Arrivals, down: Arrivals) {
        link.set(.open)
        guard try await cloudPublisher.end() == 0 else {
            throw ProgramError(description: "\(cloudPublisher.lines)")
        }
        var lastUp: Set<String>
        repeat {
            let batches = try makeBatches(of: 1)
            lastUp = Set(batches.flatMap(\.messages))
            note(await Self.exchange(batches))
        } while !lastUp.isSubset(of: accepted)
        _ = try await cloudSubscriber.lines(lastUp.count) { [lastUp] in lastUp.contains($0) }

        let lastDown = Set(sentDown.suffix(Self.topicCount))
        var journal: [String]
        repeat {
            journal = try workspace.text("journal").split(separator: "\n").map(String.init)
        } while try await workspace.status().spool?.messages != 0 || !lastDown.isSubset(of: journal)
        return (Arrivals(cloudSubscriber.lines), Arrivals(journal))
    }

    /// The topics and numbers of the messages that the broker has acknowledged, once all is settled.
    var sentDown: [String] {
        (0..<beats * Self.messagesPerBeat).map { "down/\($0 % Self.topicCount) \($0)" }
    }

    func endDaemon() async throws -> Int32 {
        daemon.signal(SIGTERM)
        return try await daemon.end()
    }

    /// What happens in each beat: every kind as often as the others, in random order.
    private func plan() -> [Disturbance?] {
        var next: [Disturbance] = []
        var plan: [Disturbance?] = []
        while plan.count < beats {
            if next.isEmpty {
                next = Disturbance.allCases.shuffled(using: &generator)
            }
            var part = [Disturbance?](repeating: nil, count: Self.beatsPerDisturbance)
            part[Int.random(in: part.indices, using: &generator)] = next.removeLast()
            plan += part
        }
        return Array(plan.prefix(beats))
    }

    private func disturb(_ disturbance: Disturbance) async throws {
        switch disturbance {
        case .killDaemon:
            try await daemon.kill()
        case .killBroker:
            link.cut()
            try await broker.killAndRestart(member: "trellis-share-chaos", filter: Self.filter)
        case .cut:
            link.cut()
            mode = .open
        case .slow:
            mode = .slow
        case .silent:
            mode = .silent
        case .mend:
            mode = .open
        }
        link.set(mode)
    }

    private func attach() async throws {
        port = try await workspace.status().legacyIPC.port
        token = try await workspace.token(for: Self.publisher)
    }

    /// Messages of one topic, and the connection that they go over.
    private struct Batch {
        let messages: [String]
        let bytes: [UInt8]
        let connection: RawConnection
    }

    private func makeBatches(of count: Int) throws -> [Batch] {
        try (0..<Self.topicCount).map { number in
            let topic = "up/\(number)"
            let numbers = lastNumber + 1...lastNumber + count
            lastNumber += count
            let source = "\(Workspace.account)\(Self.publisher):1"
            let headers = LegacyRequest.publishing(topic, as: source, policy: "AllOrError")
            return Batch(
                messages: numbers.map { "\(topic) \($0)" },
                bytes: numbers.flatMap {
                    LegacyRequest(token: token, headers, body: "\($0)", close: $0 == numbers.last).bytes
                },
                connection: try connect()
            )
        }
    }

    private func connect() throws -> RawConnection {
        do {
            return try RawConnection(port: port)
        } catch {
            let words = daemon.lines.suffix(20).joined(separator: "\n")
            throw ProgramError(description: "\(error), and the daemon's last words are:\n\(words)")
        }
    }

    private static func exchange(_ batches: [Batch]) async -> [(messages: [String], statuses: [Int])] {
        await withTaskGroup { group in
            for batch in batches {
                group.addTask { (batch.messages, await batch.connection.exchange(batch.bytes).statuses) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func note(_ answers: [(messages: [String], statuses: [Int])]) {
        for (messages, statuses) in answers {
            for (message, status) in zip(messages, statuses) {
                if status == 202 {
                    accepted.insert(message)
                } else {
                    refusedCount += 1
                }
            }
            doubtful.formUnion(messages.dropFirst(statuses.count))
        }
    }
}
