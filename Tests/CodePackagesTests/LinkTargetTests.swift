import Foundation
import Testing

@testable import CodePackages

@Suite("The target of a link")
struct LinkTargetTests {
    /// Every target of one to five of these parts.
    private static let targets: [String] = {
        let parts = ["..", ".", "", "a", "...", "\u{600}"]
        return (1...5).reduce(into: [[""], []]) { lists, _ in
            lists[0] = lists[0].flatMap { start in parts.map { start + "/" + $0 } }
            lists[1] += lists[0]
        }[1].map { String($0.dropFirst()) }
    }()

    @Test(
        "is inside exactly when it goes up at its start only, and less far than the link lies",
        arguments: 1...4
    )
    func exhaustive(depth: Int) {
        #expect(Self.targets.count == 9330)
        for target in Self.targets {
            #expect(LinkTarget.isInside(target, depth: depth) == isInside(target, depth: depth), "\(target)")
        }
    }

    /// Walks along the target, part by part.
    private func isInside(_ target: String, depth: Int) -> Bool {
        if target.isEmpty || target.hasPrefix("/") { return false }
        var level = depth - 1
        var hasName = false
        for part in target.unicodeScalars.split(separator: "/").map(String.init) where part != "." {
            if part == ".." {
                level -= 1
                if hasName || level < 0 { return false }
            } else {
                hasName = true
            }
        }
        return true
    }
}
