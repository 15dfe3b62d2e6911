import Broker
import GRDB
import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport
import Testing
import TopicRouter

@testable import Store

@Suite struct StoreTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private var path: String { "\(folder.path)/state.db" }

    private func store(pageCountMax: Int? = nil) -> Store {
        Store(
            folder: folder.path,
            pageCountMax: pageCountMax,
            eventLoop: .singletonMultiThreadedEventLoopGroup.next(),
            logger: Logger(label: "test")
        )
    }

    private func broker(_ store: Store, limits: BrokerLimits = BrokerLimits()) -> Broker {
        Broker(limits: limits, logger: Logger(label: "test"), deadLetterStore: store)
    }

    private func names(beginningWith prefix: String) throws -> [String] {
        try folder.names.filter { $0.hasPrefix(prefix) }
    }

    /// Every value that a message can have.
    static let messages: [Message] = [
        .example("a/b"),
        .example("ä/日本", payload: "\0\u{1}", origin: .commandLine, hops: 17, qos: .atMostOnce),
        .example("c", payload: "", origin: .example, clientContext: ""),
        .example(
            "d",
            origin: .example,
            hops: 3,
            clientContext: "e30=",
            properties: MessageProperties(
                isRetained: true,
                userProperties: [.init(name: "a", value: ""), .init(name: "a", value: "ä\"\n")],
                contentType: "text/plain",
                responseTopic: "r",
                correlationData: [0, 255],
                expiresAtMilliseconds: .max,
                subscriptionIdentifiers: [1, .max]
            )
        ),
    ]

    @Test("a letter is the same after a restart, with its number", arguments: messages)
    func letter(_ message: Message) async throws {
        let first = store()
        let before = broker(first)
        before.keepDead(message, target: "cloud", reason: "a \"reason\"")
        let letter = try #require(before.deadLetters.letter(1))
        await first.close(keeping: [])
        let second = store()
        let again = try #require(broker(second).deadLetters.letter(1))
        #expect(again.isSame(as: letter))
        #expect(second.status == StoreStatus(problem: nil, unwrittenCount: 0))
        await second.close(keeping: [])
    }

    @Test("no number names two letters, though all were dropped before the restart")
    func numbers() async throws {
        let first = store()
        let before = broker(first)
        for _ in 1...3 {
            before.keepDead(.example("a"), target: "cloud", reason: "a test")
        }
        await first.flush()
        for number in 1...3 {
            #expect(before.deadLetters.remove(UInt64(number)) != nil)
        }
        await first.close(keeping: [])
        let second = store()
        let after = broker(second)
        #expect(after.deadLetters.count == 0)
        after.keepDead(.example("a"), target: "cloud", reason: "a test")
        #expect(after.deadLetters.all.map(\.number) == [4])
        await second.close(keeping: [])
    }

    @Test("a letter that was sent is gone after a restart; one that was not taken is there")
    func redrive() async throws {
        let first = store()
        let before = broker(first)
        let target = Target()
        _ = before.add(target)
        before.keepDead(.example("a"), target: "target", reason: "a test")
        before.keepDead(.example("b"), target: "nobody", reason: "a test")
        guard case .accepted = before.redrive(1), case .unavailable = before.redrive(2) else {
            Issue.record("another outcome")
            return
        }
        await first.close(keeping: [])
        let second = store()
        #expect(broker(second).deadLetters.all.map(\.number) == [2])
        await second.close(keeping: [])
    }

    @Test("the bounds hold in the file, and lower ones are kept to after a restart")
    func bounds() async throws {
        let first = store()
        let before = broker(first, limits: BrokerLimits(deadLetterCountMax: 5))
        for number in 1...12 {
            before.keepDead(.example("a", payload: "\(number)"), target: "cloud", reason: "a test")
        }
        #expect(before.deadLetters.evictedCount == 7)
        await first.close(keeping: [])
        #expect(try await rows("SELECT number FROM deadLetter ORDER BY number") == [8, 9, 10, 11, 12])
        let second = store()
        let after = broker(second, limits: BrokerLimits(deadLetterBytesMax: 6))
        #expect(after.deadLetters.all.map(\.number) == [11, 12])
        #expect(after.deadLetters.evictedCount == 3)
        await second.close(keeping: [])
        #expect(try await rows("SELECT number FROM deadLetter ORDER BY number") == [11, 12])
    }

    private func rows(_ sql: String) async throws -> [Int] {
        let database = try DatabaseQueue(path: path)
        defer { try? database.close() }
        return try await database.read { try Int.fetchAll($0, sql: sql) }
    }

    @Test("the file gives room back that is not needed any more")
    func room() async throws {
        let first = store()
        let work = (1...200).map {
            WaitingWork.example("\($0)", payload: String(repeating: "x", count: 10_000))
        }
        await first.close(keeping: work)
        let large = try folder.size(of: "state.db")
        #expect(large > 2_000_000)
        let second = store()
        #expect(second.takeWaitingWork().count == 200)
        await second.close(keeping: [])
        #expect(try folder.size(of: "state.db") < large / 10)
        #expect(try names(beginningWith: "state.db") == ["state.db"], "SQLite's own files are gone too")
    }

    @Test("waiting work comes back once, in its order and whole")
    func waitingWork() async throws {
        let first = store()
        await first.close(
            keeping: Self.messages.enumerated().map { number, message in
                WaitingWork(
                    component: "c\(number)",
                    function: "f",
                    invocationID: "\(number)",
                    deaths: number,
                    message: message
                )
            }
        )
        let second = store()
        let work = second.takeWaitingWork()
        #expect(work.map(\.component) == ["c0", "c1", "c2", "c3"])
        #expect(work.map(\.invocationID) == ["0", "1", "2", "3"])
        #expect(work.map(\.deaths) == [0, 1, 2, 3])
        #expect(work.allSatisfy { $0.function == "f" })
        #expect(zip(work.map(\.message), Self.messages).allSatisfy { $0.isSame(as: $1) })
        #expect(second.takeWaitingWork().isEmpty)
        await second.close(keeping: [])
        #expect(store().takeWaitingWork().isEmpty)
    }

    @Test("work stays in the file until it is finished, or others take its place")
    func unfinishedWork() async throws {
        await store().close(keeping: ["a", "b", "c"].map { .example($0) })
        // This one dies without a word.
        let killed = store()
        killed.didFinish("b")
        await killed.flush()
        let next = store()
        #expect(next.takeWaitingWork().map(\.invocationID) == ["a", "c"])
        await next.close(keeping: [.example("d"), .example("c")])
        #expect(store().takeWaitingWork().map(\.invocationID) == ["d", "c"])
    }

    @Test("a component's configuration is what was kept last, until none is")
    func configurations() async throws {
        let first = store()
        #expect(first.restoreConfigurations() == [:])
        first.keepConfiguration(of: "a") { "1" }
        first.keepConfiguration(of: "b") { "ä\n" }
        first.keepConfiguration(of: "c") { "1" }
        await first.flush()
        first.keepConfiguration(of: "a") { "2" }
        first.keepConfiguration(of: "c") { nil }
        first.keepConfiguration(of: "nobody") { nil }
        await first.close(keeping: [])
        let second = store()
        #expect(second.restoreConfigurations() == ["a": "2", "b": "ä\n"])
        #expect(second.restoreConfigurations() == [:])
        await second.close(keeping: [])
        #expect(store().restoreConfigurations() == ["a": "2", "b": "ä\n"])
    }

    @Test("only the owner may read the file, and those that SQLite puts beside it")
    func permissions() async throws {
        let opened = store()
        opened.keep(.example(1))
        await opened.flush()
        let names = try names(beginningWith: "state.db")
        #expect(names == ["state.db", "state.db-shm", "state.db-wal"])
        for name in names {
            #expect(try folder.permissions(of: name) == 0o600, "\(name)")
        }
        await opened.close(keeping: [])
    }

    @Test("a file that is no database is set aside, and what comes is kept in a new one")
    func noDatabase() async throws {
        let garbage = [UInt8]((0..<8_192).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try folder.write(garbage, to: "state.db")
        try await expectSetAside()
        let aside = try #require(try names(beginningWith: "state.db.damaged-").first)
        #expect(try folder.bytes(of: aside) == garbage)
    }

    private func expectSetAside() async throws {
        let opened = store()
        #expect(opened.status.problem == nil)
        #expect(opened.restore().letters.isEmpty)
        opened.keep(.example(1))
        await opened.close(keeping: [])
        #expect(try names(beginningWith: "state.db.damaged-").count == 1)
        let again = store()
        #expect(again.restore().letters.map(\.number) == [1])
        await again.close(keeping: [])
    }

    @Test(
        "a database with rows that cannot be is set aside",
        arguments: [
            "UPDATE deadLetter SET topic = 'a/#'", "UPDATE deadLetter SET topic = x'ff00'",
            "UPDATE deadLetter SET number = -1", "UPDATE deadLetter SET number = 9223372036854775807",
            "UPDATE deadLetter SET millisecondsSinceEpoch = 'soon'", "UPDATE deadLetter SET hops = -1",
            "UPDATE deadLetter SET hops = 9223372036854775807", "UPDATE deadLetter SET qos = 2",
            "UPDATE deadLetter SET origin = 'nobody'", "UPDATE deadLetter SET clientContext = x'ff'",
            "UPDATE deadLetter SET properties = x''", "UPDATE deadLetter SET properties = x'02'",
            "UPDATE deadLetter SET properties = x'017b'", "UPDATE deadLetter SET properties = 'text'",
            "UPDATE waitingWork SET deaths = -1", "UPDATE waitingWork SET topic = ''",
            "UPDATE sqlite_sequence SET seq = 9223372036854775807",
        ]
    )
    func impossibleRows(_ sql: String) async throws {
        let first = store()
        first.keep(.example(1))
        await first.close(keeping: [.example("a")])
        let database = try DatabaseQueue(path: path)
        try await database.write { try $0.execute(sql: sql) }
        try database.close()
        try await expectSetAside()
    }

    @Test("a database that is cut off or overwritten is set aside or read, and never traps")
    func damage() async throws {
        let first = store()
        for number in 1...200 {
            first.keep(.example(UInt64(number), payload: String(repeating: "x", count: 500)))
        }
        await first.close(keeping: (1...50).map { .example("\($0)") })
        let whole = try folder.bytes(of: "state.db")
        var random = SplitMix64(seed: 5)
        for _ in 1...40 {
            var bytes = whole
            if Bool.random(using: &random) {
                bytes.removeLast(Int.random(in: 1..<whole.count, using: &random))
            } else {
                for _ in 1...20 {
                    bytes[Int.random(in: 0..<whole.count, using: &random)] = .random(
                        in: 0...255,
                        using: &random
                    )
                }
            }
            try folder.write(bytes, to: "state.db", permissions: 0o600)
            let opened = store()
            // The name of a migration may be what was overwritten.
            let problem = opened.status.problem
            #expect(problem?.contains(/SQLite error|newer/) ?? true, "\(String(describing: problem))")
            await opened.close(keeping: [])
        }
    }

    @Test("a database of a newer version is left as it is")
    func newer() async throws {
        let first = store()
        first.keep(.example(1))
        await first.close(keeping: [])
        let database = try DatabaseQueue(path: path)
        try await database.write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('a later one')")
        }
        try database.close()
        let opened = store()
        #expect(opened.status.problem?.contains("newer Trellis") == true)
        let broker = broker(opened)
        broker.keepDead(.example("a"), target: "cloud", reason: "a test")
        #expect(broker.deadLetters.count == 1, "in memory")
        await opened.close(keeping: [.example("lost")])
        #expect(try await rows("SELECT number FROM deadLetter") == [1])
        #expect(try names(beginningWith: "state.db") == ["state.db"])
    }

    @Test("without a file everything is in memory, and the status says why")
    func noFile() async throws {
        #expect(mkdir(path, 0o700) == 0)
        let opened = store()
        #expect(opened.status.problem?.contains("Is a directory") == true)
        let broker = broker(opened)
        broker.keepDead(.example("a"), target: "cloud", reason: "a test")
        #expect(broker.deadLetters.count == 1)
        await opened.close(keeping: [])
    }

    @Test("a full disk: letters wait in memory, counted, and are written once there is room")
    func fullDisk() async throws {
        let opened = store(pageCountMax: 40)
        let broker = broker(opened)
        let doneCount = NIOLockedValueBox(0)
        var large = Message.example("large", payload: String(repeating: "x", count: 200_000))
        large.receipt = MessageReceipt(
            isAwaited: { true },
            onRelease: { doneCount.withLockedValue { $0 += 1 } }
        )
        broker.keepDead(large, target: "cloud", reason: "a test")
        large.receipt = nil
        broker.keepDead(.example("small"), target: "cloud", reason: "a test")
        await opened.flush()
        #expect(opened.status.unwrittenCount == 2)
        #expect(opened.status.problem?.contains("SQLite error 13") == true, "\(opened.status)")
        #expect(broker.deadLetters.count == 2)
        #expect(doneCount.withLockedValue { $0 } == 0, "nobody may forget what is in memory only")
        // What does not fit goes, and with that there is room.
        #expect(broker.deadLetters.remove(1) != nil)
        await opened.flush()
        #expect(opened.status == StoreStatus(problem: nil, unwrittenCount: 0))
        #expect(doneCount.withLockedValue { $0 } == 1)
        await opened.close(keeping: [.example("a", payload: String(repeating: "x", count: 200_000))])
        let again = store()
        #expect(again.restore().letters.map(\.number) == [2])
        #expect(again.takeWaitingWork().isEmpty, "did not fit")
        await again.close(keeping: [])
    }

    @Test("a file system without room: the file is whole, and is written once there is room")
    func fullFileSystem() async throws {
        // Where mounting is not allowed the disk of the test before has to do.
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=4m") == 0 else { return }
        defer { umount2(folder.path, CInt(MNT_DETACH)) }
        let opened = store()
        let broker = broker(opened)
        broker.keepDead(.example("first"), target: "cloud", reason: "a test")
        await opened.flush()
        #expect(opened.status == StoreStatus(problem: nil, unwrittenCount: 0))
        let free = try folder.freeBytes
        try folder.write([UInt8](repeating: 1, count: free - 8_192), to: "filler")
        for _ in 1...20 {
            broker.keepDead(
                .example("large", payload: String(repeating: "x", count: 10_000)),
                target: "cloud",
                reason: "a test"
            )
        }
        await opened.flush()
        #expect(opened.status.problem?.contains("SQLite error") == true, "\(opened.status)")
        #expect(opened.status.unwrittenCount > 0)
        #expect(unlink("\(folder.path)/filler") == 0)
        await opened.flush()
        #expect(opened.status == StoreStatus(problem: nil, unwrittenCount: 0))
        await opened.close(keeping: [])
        let again = store()
        #expect(again.status == StoreStatus(problem: nil, unwrittenCount: 0))
        #expect(again.restore().letters.map(\.number) == Array(1...21))
        await again.close(keeping: [])
    }

    @Test("letters from many threads are all in the file")
    func threads() async throws {
        let opened = store()
        let broker = broker(opened)
        await withTaskGroup { group in
            for _ in 1...8 {
                group.addTask {
                    for _ in 1...100 {
                        broker.keepDead(.example("a"), target: "cloud", reason: "a test")
                    }
                }
            }
        }
        await opened.close(keeping: [])
        let again = store()
        #expect(again.restore().letters.map(\.number) == Array(1...800))
        await again.close(keeping: [])
    }
}
