import Foundation
import Testing

@Suite struct ChaosTests {
    /// `make chaos` makes it ten minutes.
    private static let seconds =
        ProcessInfo.processInfo.environment["CHAOS_SECONDS"].flatMap(Int.init) ?? 40
    /// `CHAOS_SEED` repeats what happened to be found.
    private static let seed =
        ProcessInfo.processInfo.environment["CHAOS_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)

    @Test(
        "no message of QoS 1 is lost or overtaken between functions and the cloud, whatever dies on the way",
        .timeLimit(.minutes(5 + seconds / 20))
    )
    func chaos() async throws {
        let seed = Self.seed
        let chaos = try await Chaos(seed: seed, beats: Self.seconds)
        try await chaos.run()
        let (up, down) = try await chaos.settle()
        #expect(try await chaos.workspace.status().deadLetters == 0, "seed \(seed)")
        #expect(try await chaos.endDaemon() == 0, "seed \(seed)")

        let lostUp = chaos.accepted.subtracting(up.messages).sorted().prefix(10)
        #expect(lostUp == [], "seed \(seed)")
        let known = chaos.accepted.union(chaos.doubtful)
        #expect(up.messages.isSubset(of: known), "seed \(seed): messages that nobody sent")
        #expect(up.late.isEmpty, "seed \(seed): overtaken \(up.late.prefix(10)) of \(up.late.count)")
        let lostDown = chaos.sentDown.filter { !down.messages.contains($0) }.prefix(10)
        #expect(lostDown == [], "seed \(seed)")
        #expect(down.late.isEmpty, "seed \(seed): overtaken \(down.late.prefix(10)) of \(down.late.count)")
        print(
            """
            chaos: seed \(seed); up: \(chaos.accepted.count) messages accepted, \
            \(chaos.refusedCount) refused, \(chaos.doubtful.count) in doubt, \
            \(up.duplicateCount) came again; down: \(chaos.sentDown.count), \
            \(down.duplicateCount) came again; \
            \(chaos.disturbances.map { "\($0.key.rawValue): \($0.value)" }.sorted())
            """
        )
    }
}
