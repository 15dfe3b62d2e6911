import Broker
import GreengrassModel
import NIOCore
import NIOPosix
import Testing
import TopicRouter

@testable import MQTTBridge

@Suite("Messages that are held", .timeLimit(.minutes(1)))
struct HeldMessagesTests {
    private let wakeup: Wakeup
    private let held: HeldMessages

    init() throws {
        wakeup = try Wakeup()
        held = HeldMessages(wakeup: wakeup)
    }

    private var hasRung: Bool { wakeup.wait(for: .zero) }

    @Test("ring when the last one is done with")
    func last() {
        var receipts = (0..<3).map { _ in held.makeReceipt() }
        #expect(!held.isEmpty)
        receipts.removeLast(2)
        #expect(!held.isEmpty && !hasRung)
        receipts = []
        #expect(held.isEmpty && hasRung)
    }

    @Test("are not awaited once they were given up, and later ones are")
    func givenUp() {
        let early = held.makeReceipt()
        #expect(early.isAwaited)
        held.giveUp()
        let late = held.makeReceipt()
        #expect(!early.isAwaited && late.isAwaited)
        #expect(!held.isEmpty)
    }

    @Test("may be done with under the lock of their own bridge, where its spool drops them")
    func ownSpool() throws {
        let spool = UplinkSpool(limits: SpoolLimits(bytesMax: 1_024, inFlightMax: 1))
        let state = try BridgeState(
            spool: spool,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any()
        )
        func put() throws {
            var message = try message("a")
            message.receipt = state.held.makeReceipt()
            #expect(state.reserve(for: message, under: SpoolPolicy()).answer == .ok)
            _ = state.commit(message, under: SpoolPolicy())
        }
        try put()
        #expect(!state.held.isEmpty)
        #expect(state.withSpool { $0.purge(nil) } == 1)
        #expect(state.held.isEmpty)
    }
}
