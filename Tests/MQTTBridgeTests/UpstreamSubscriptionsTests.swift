import Testing
import TopicRouter

@testable import MQTTBridge

@Suite("Upstream subscriptions")
struct UpstreamSubscriptionsTests {
    private func connected(with texts: String...) throws -> UpstreamSubscriptions {
        var subscriptions = UpstreamSubscriptions()
        subscriptions.tell(Set(try texts.map { try TopicFilter($0) }))
        subscriptions.connected(isSessionPresent: false)
        _ = subscriptions.settle()
        return subscriptions
    }

    @Test("are settled from the start when nothing is wanted")
    func nothing() {
        var subscriptions = UpstreamSubscriptions()
        subscriptions.connected(isSessionPresent: false)
        #expect(subscriptions.next() == nil)
        #expect(subscriptions.isSettled)
    }

    @Test(
        "are settled with the last SUBACK, and send eight filters a packet, one packet at a time"
    )
    func packets() throws {
        var subscriptions = UpstreamSubscriptions()
        subscriptions.tell(Set(try (10..<20).map { try TopicFilter("t/\($0)") }))
        subscriptions.connected(isSessionPresent: false)
        #expect(!subscriptions.isSettled)
        #expect(
            subscriptions.next()
                == .subscribe(try (10..<18).map { try TopicFilter("t/\($0)") }, identifier: nil)
        )
        #expect(subscriptions.next() == nil)
        #expect(subscriptions.subscribeAnswered(isGranted: Array(repeating: true, count: 8)) == [])
        #expect(!subscriptions.isSettled)
        #expect(
            subscriptions.next()
                == .subscribe(try (18..<20).map { try TopicFilter("t/\($0)") }, identifier: nil)
        )
        #expect(!subscriptions.isSettled)
        #expect(subscriptions.subscribeAnswered(isGranted: [true, true]) == [])
        #expect(subscriptions.isSettled)
    }

    @Test("subscribe the wide filter before they unsubscribe the narrow ones")
    func widen() throws {
        var subscriptions = try self.connected(with: "a/b", "a/c")
        subscriptions.tell(try filters("a/b", "a/c", "a/#"))
        #expect(!subscriptions.isSettled)
        #expect(subscriptions.settle() == ["SUBSCRIBE a/#", "UNSUBSCRIBE a/b a/c"])
    }

    @Test("subscribe the narrow filters before they unsubscribe the wide one")
    func narrow() throws {
        var subscriptions = try self.connected(with: "a/b", "a/#")
        subscriptions.tell(try filters("a/b"))
        #expect(subscriptions.settle() == ["SUBSCRIBE a/b", "UNSUBSCRIBE a/#"])
    }

    @Test("subscribe again what was wanted again while its UNSUBSCRIBE was under way")
    func changeOfMind() throws {
        var subscriptions = try self.connected(with: "a")
        subscriptions.tell([])
        #expect(subscriptions.next() == .unsubscribe([try TopicFilter("a")]))
        subscriptions.tell(try filters("a"))
        #expect(!subscriptions.isSettled)
        #expect(subscriptions.unsubscribeAnswered() == true)
        #expect(subscriptions.settle() == ["SUBSCRIBE a"])
    }

    @Test("unsubscribe what is no longer wanted when its SUBACK comes")
    func lateChange() throws {
        var subscriptions = UpstreamSubscriptions()
        subscriptions.tell(try filters("a"))
        subscriptions.connected(isSessionPresent: false)
        #expect(subscriptions.next() == .subscribe([try TopicFilter("a")], identifier: nil))
        subscriptions.tell([])
        #expect(subscriptions.subscribeAnswered(isGranted: [true]) == [])
        #expect(subscriptions.settle() == ["UNSUBSCRIBE a"])
    }

    @Test("after a reconnect subscribe everything again, and unsubscribe what the session still has")
    func reconnect() throws {
        var subscriptions = try self.connected(with: "a", "b")
        subscriptions.disconnected()
        subscriptions.tell(try filters("b", "c"))
        subscriptions.connected(isSessionPresent: true)
        #expect(subscriptions.settle() == ["SUBSCRIBE b c", "UNSUBSCRIBE a"])
    }

    @Test("have nothing to unsubscribe when the broker lost the session")
    func lostSession() throws {
        var subscriptions = try self.connected(with: "a", "b")
        subscriptions.disconnected()
        subscriptions.tell(try filters("b"))
        subscriptions.connected(isSessionPresent: false)
        #expect(subscriptions.settle() == ["SUBSCRIBE b"])
    }

    @Test(
        "are settled with a refused filter, fetch what it would have covered, and try it again when told to"
    )
    func refused() throws {
        var subscriptions = UpstreamSubscriptions()
        subscriptions.tell(try filters("a/#", "a/b"))
        subscriptions.connected(isSessionPresent: false)
        #expect(subscriptions.next() == .subscribe([try TopicFilter("a/#")], identifier: nil))
        #expect(subscriptions.subscribeAnswered(isGranted: [false]) == [try TopicFilter("a/#")])
        #expect(subscriptions.settle() == ["SUBSCRIBE a/b"])
        #expect(subscriptions.isSettled && subscriptions.hasRefused)
        subscriptions.retryRefused()
        #expect(subscriptions.settle() == ["SUBSCRIBE a/#", "UNSUBSCRIBE a/b"])
        #expect(!subscriptions.hasRefused)
    }

    @Test("have an identifier for each filter that overlaps another, and a packet for each identifier")
    func identifiers() throws {
        var subscriptions = UpstreamSubscriptions()
        subscriptions.tell(try filters("a/+", "+/b", "c", "d/x/#", "d/x/e"))
        subscriptions.connected(isSessionPresent: false, hasIdentifiers: true)
        var seen: [[String]: UInt32?] = [:]
        while case .subscribe(let filters, let identifier) = subscriptions.next() {
            seen[filters.map(\.description)] = .some(identifier)
            _ = subscriptions.subscribeAnswered(isGranted: filters.map { _ in true })
        }
        #expect(Set(seen.keys) == [["+/b"], ["a/+"], ["c", "d/x/#"]])
        #expect(seen[["c", "d/x/#"]] == .some(nil))
        let identifiers = try [#require(seen[["+/b"]] ?? nil), #require(seen[["a/+"]] ?? nil)]
        #expect(Set(identifiers).count == 2)
        #expect(identifiers.allSatisfy { (1...268_435_455).contains($0) })
    }

    @Test("give a filter an identifier when another one begins to overlap it, and keep one too many")
    func overlapComesAndGoes() throws {
        var subscriptions = UpstreamSubscriptions()
        subscriptions.tell(try filters("a/+"))
        subscriptions.connected(isSessionPresent: false, hasIdentifiers: true)
        #expect(subscriptions.settle() == ["SUBSCRIBE a/+"])
        subscriptions.tell(try filters("a/+", "+/b"))
        #expect(subscriptions.settle() == ["SUBSCRIBE +/b", "SUBSCRIBE a/+"])
        subscriptions.tell(try filters("a/+"))
        #expect(subscriptions.settle() == ["UNSUBSCRIBE +/b"])
    }

    @Test("have no identifiers where the broker knows none")
    func noIdentifiers() throws {
        var subscriptions = UpstreamSubscriptions()
        subscriptions.tell(try filters("a/+", "+/b"))
        subscriptions.connected(isSessionPresent: false, hasIdentifiers: false)
        #expect(subscriptions.settle() == ["SUBSCRIBE +/b a/+"])
    }

    @Test("know an answer that fits no question")
    func strayAnswers() throws {
        var subscriptions = try self.connected(with: "a")
        #expect(subscriptions.subscribeAnswered(isGranted: [true]) == nil)
        #expect(subscriptions.unsubscribeAnswered() == false)
        subscriptions.tell(try filters("b"))
        _ = subscriptions.next()
        #expect(subscriptions.subscribeAnswered(isGranted: []) == nil)
        #expect(subscriptions.unsubscribeAnswered() == false)
    }
}

extension UpstreamSubscriptions {
    /// Grants everything until there is nothing more to send, and returns what was sent.
    fileprivate mutating func settle() -> [String] {
        var sent: [String] = []
        while let action = self.next() {
            switch action {
            case .subscribe(let filters, _):
                sent.append((["SUBSCRIBE"] + filters.map(\.description)).joined(separator: " "))
                _ = self.subscribeAnswered(isGranted: filters.map { _ in true })
            case .unsubscribe(let filters):
                sent.append((["UNSUBSCRIBE"] + filters.map(\.description)).joined(separator: " "))
                _ = self.unsubscribeAnswered()
            }
        }
        return sent
    }
}
