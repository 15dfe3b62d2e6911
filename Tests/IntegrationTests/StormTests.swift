import Foundation
import Testing

@Suite struct StormTests {
    /// `make storm` makes it two minutes.
    private static let seconds =
        ProcessInfo.processInfo.environment["STORM_SECONDS"].flatMap(Double.init) ?? 10

    @Test(
        "every accepted message is served once, or again when its instance died in it, or is a dead letter",
        .timeLimit(.minutes(10))
    )
    func storm() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        let storm = try await Storm(seed: seed)
        let end = ContinuousClock.now + .seconds(Self.seconds)
        while ContinuousClock.now < end {
            try await storm.step()
        }
        try await storm.calm()
        let dead = try await storm.deadTopics()
        let journal = try storm.journal()
        let family = ProcessTree.descendants(of: storm.daemonPID)
        #expect(try await storm.endDaemon() == 0)

        let begun = Set(journal.map(\.topic))
        let lost = storm.accepted.subtracting(begun).subtracting(dead)
        #expect(lost.isEmpty, "seed \(seed): lost \(lost.sorted().prefix(10)) of \(lost.count)")
        let doubled = Self.doubled(journal)
        #expect(doubled.isEmpty, "seed \(seed): served again \(doubled.prefix(10)) of \(doubled.count)")
        let known = storm.accepted.union(storm.doubtful)
        #expect(begun.union(dead).isSubset(of: known), "seed \(seed): messages that nobody sent")
        #expect(ProcessTree.remaining(of: family, afterSeconds: 5) == [])
        print(
            """
            storm: \(storm.accepted.count) messages accepted, \(storm.refusedCount) refused, \
            \(storm.doubtful.count) in doubt; \(begun.count) begun, \(dead.count) dead letters; \
            \(storm.disturbances.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
            """
        )
    }

    /// The messages that were begun again although the process that had begun with them went on.
    private static func doubled(_ journal: [JournalEntry]) -> [String] {
        var lastTopic: [String: String] = [:]
        for entry in journal {
            lastTopic[entry.process] = entry.topic
        }
        let begins = Dictionary(grouping: journal.filter(\.isBegin), by: \.topic)
        return begins.compactMap { topic, entries in
            entries.dropLast().allSatisfy { lastTopic[$0.process] == topic } ? nil : topic
        }
    }
}
