import Foundation
import Testing

@Suite("The repository", .enabled(if: Checkout.isUnderGit))
struct RepositoryTests {
    static let fileBytesMax = 1 << 20

    @Test("no tracked file is over 1 MiB")
    func filesAreSmall() throws {
        let large = try Checkout.trackedFiles().filter {
            try Checkout.root.appending(path: $0).resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
                > Self.fileBytesMax
        }
        #expect(large == [])
    }

    @Test("what a build or a run makes is not tracked")
    func productsAreNotTracked() throws {
        let products =
            #/(?:^|\/)(?:\.build|\.trellis|__pycache__|node_modules|Package\.resolved)(?:\/|$)|\.pyc$/#
        let wrong = try Checkout.trackedFiles().filter { $0.contains(products) }
        #expect(wrong == [])
    }

    @Test("no text names a folder of one developer's machine")
    func machinesAreNotNamed() throws {
        let folder = #/(?:^|[\s"'`(<=:])\/(?:home|root|Users|work|workspace)\/[\w.-]+/#
        let places = try texts().flatMap { $0.places(matching: folder) }
        #expect(places == [])
    }

    @Test("no text points out of the repository")
    func pathsStayInside() throws {
        let climb = #/(?:\.\.\/)+(?=[\w.])/#
        // The tests may try to climb out of a folder, to see that they can't.
        for file in try texts() where !file.path.hasPrefix("Tests/") {
            let depth = file.path.count { $0 == "/" }
            let outside = file.places { line in
                line.matches(of: climb).contains { $0.output.count / 3 > depth }
            }
            #expect(outside == [])
        }
    }

    @Test("no text leans on the numbers of a tracker")
    func trackersAreNotNamed() throws {
        let number = #/\b(?:issue|ticket|pull request) #?[0-9]+\b/#.ignoresCase()
        let places = try texts().flatMap { $0.places(matching: number) }
        #expect(places == [])
    }

    private func texts() throws -> [TextFile] {
        try Checkout.trackedFiles().compactMap { try Checkout.text(at: $0) }
    }
}
