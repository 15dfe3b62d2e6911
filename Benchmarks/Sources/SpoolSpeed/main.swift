// How fast messages come into the spool of the bridge, which is not connected: a line of JSON.
//
//     SpoolSpeed memory COUNT                 from one thread, in memory
//     SpoolSpeed disk COUNT PUBLISHERS FOLDER in a file: each publisher offers its next message when it heard
//                                             that its last one is on the disk
//
// The plain loop beside the file inserts the same rows with SQLite's own functions and commits as often, each
// time as many rows as the spool did.

import Broker
import FoundationEssentials
import Glibc
import Logging
import MQTTBridge
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TopicRouter

let payloadBytes = 256
let rounds = 5

/// A bridge to nowhere, with room for everything.
func makeBridge(path: String?, on eventLoop: any EventLoop) throws -> MQTTBridge {
    var configuration = MQTTBridgeConfiguration(host: "127.0.0.1", port: 1, clientID: "benchmark")
    configuration.spoolBytesMax = 1024 * 1024 * 1024
    configuration.spoolPath = path
    return try MQTTBridge(
        configuration: configuration,
        eventLoop: eventLoop,
        logger: Logger(label: "benchmark"),
        onDrop: { _, reason in fail("a message was dropped: \(reason)") },
        makeReceiver: { { _ in nil } }
    )
}

func makeMessage() throws -> Message {
    Message(
        topic: try TopicName("plant/hall-2/line-7/temperature"),
        payload: ByteBuffer(repeating: UInt8(ascii: "x"), count: payloadBytes),
        origin: .commandLine
    )
}

func fail(_ reason: String) -> Never {
    let line = Array("\(reason)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(1)
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(body) / .seconds(1)
}

func median(_ values: [Double]) -> Double {
    values.sorted()[values.count / 2]
}

func offer(_ message: Message, to bridge: MQTTBridge) -> EventLoopFuture<Void>? {
    guard bridge.reserve(for: message) == .ok else { fail("no room") }
    return bridge.commit(message)
}

/// Messages a second into memory, from one thread.
func measureMemory(count: Int) throws -> Double {
    let bridge = try makeBridge(path: nil, on: MultiThreadedEventLoopGroup.singleton.next())
    let message = try makeMessage()
    let time = seconds { for _ in 0..<count { _ = offer(message, to: bridge) } }
    return Double(count) / time
}

/// Publishers on one event loop, as the daemon's callers are, each with one message under way.
final class Publishers: Sendable {
    private struct State {
        var left: Int
        var answered = 0
        var last: EventLoopFuture<Void>?
        var transactions: [Int] = []
    }

    private let bridge: MQTTBridge
    private let message: Message
    private let count: Int
    private let done: EventLoopPromise<Void>
    private let state: NIOLockedValueBox<State>

    init(_ bridge: MQTTBridge, count: Int, on eventLoop: any EventLoop) throws {
        self.bridge = bridge
        self.message = try makeMessage()
        self.count = count
        self.done = eventLoop.makePromise()
        self.state = NIOLockedValueBox(State(left: count))
    }

    /// Offers everything; how many rows each transaction had.
    func run(_ publisherCount: Int, on eventLoop: any EventLoop) throws -> [Int] {
        eventLoop.execute { for _ in 0..<publisherCount { self.publish() } }
        try done.futureResult.wait()
        return state.withLockedValue { $0.transactions }
    }

    private func publish() {
        let mustPublish = state.withLockedValue { state in
            state.left -= 1
            return state.left >= 0
        }
        guard mustPublish else { return }
        guard let written = offer(message, to: bridge) else { fail("not on the disk") }
        state.withLockedValue { state in
            // Everything in a transaction shares a future.
            if state.last === written {
                state.transactions[state.transactions.count - 1] += 1
            } else {
                state.last = written
                state.transactions.append(1)
            }
        }
        written.whenSuccess {
            let isLast = self.state.withLockedValue { state in
                state.answered += 1
                return state.answered == self.count
            }
            if isLast { self.done.succeed() } else { self.publish() }
        }
    }
}

func measureDisk(count: Int, publishers: Int, folder: String) throws {
    var (rates, ratios, normalRatios, transactionCounts): ([Double], [Double], [Double], [Double]) =
        ([], [], [], [])
    for round in 0..<rounds {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let bridge = try makeBridge(path: "\(folder)/spool-\(round).db", on: eventLoop)
        let all = try Publishers(bridge, count: count, on: eventLoop)
        var transactions: [Int] = []
        let time = try seconds { transactions = try all.run(publishers, on: eventLoop) }
        let plain = try PlainLoop(path: "\(folder)/plain-\(round).db", synchronous: "FULL")
        let plainTime = try seconds { try plain.insert(transactions, try makeMessage()) }
        let normal = try PlainLoop(path: "\(folder)/normal-\(round).db", synchronous: "NORMAL")
        let normalTime = try seconds { try normal.insert(transactions, try makeMessage()) }
        rates.append(Double(count) / time)
        ratios.append(plainTime / time)
        normalRatios.append(plainTime / normalTime)
        transactionCounts.append(Double(count) / Double(transactions.count))
    }
    let words = [
        "\"publishers\": \(publishers)", "\"rate\": \(median(rates))", "\"ratio\": \(median(ratios))",
        "\"rows_a_transaction\": \(median(transactionCounts))",
        "\"normal_to_full\": \(median(normalRatios))",
    ]
    print("{\(words.joined(separator: ", "))}")
}

let arguments = CommandLine.arguments
guard arguments.count >= 3, let count = Int(arguments[2]) else { fail("see the top of main.swift") }
switch arguments[1] {
case "memory":
    let rate = median(try (0..<rounds).map { _ in try measureMemory(count: count) })
    print("{\"rate\": \(rate)}")
case "disk" where arguments.count == 5:
    try measureDisk(count: count, publishers: Int(arguments[3]) ?? 1, folder: arguments[4])
default:
    fail("see the top of main.swift")
}
exit(0)
