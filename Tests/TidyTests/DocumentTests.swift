import Foundation
import Testing

@Suite("The documents")
struct DocumentTests {
    @Test("the page on the architecture names every module")
    func modulesAreDescribed() throws {
        let page = try #require(try Checkout.text(at: "docs/architecture.md"))
        let missing = try Checkout.folders(in: "Sources").filter { !page.text.contains("`\($0)`") }
        #expect(missing == [])
    }

    @Test("every relative link leads somewhere")
    func linksResolve() throws {
        let link = #/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/#
        for page in try pages() {
            let folder = Checkout.root.appending(path: page.path).deletingLastPathComponent()
            let broken = page.places { line in
                line.matches(of: link).contains {
                    !FileManager.default.fileExists(atPath: folder.appending(path: String($0.output.1)).path)
                }
            }
            #expect(broken == [])
        }
    }

    @Test("every make target that a page names exists")
    func makeTargetsExist() throws {
        let makefile = try #require(try Checkout.text(at: "Makefile"))
        let targets = Set(makefile.lines.compactMap { $0.prefixMatch(of: #/([a-z]+):(?!=)/#)?.output.1 })
        let command = #/(?:^|`)make ([a-z]+)/#
        let wrong = try pages().flatMap { page in
            page.places { $0.matches(of: command).contains { !targets.contains($0.output.1) } }
        }
        #expect(wrong == [])
    }

    private func pages() throws -> [TextFile] {
        let top = try ["README.md", "CONTRIBUTING.md"].compactMap { try Checkout.text(at: $0) }
        return try top + ["docs", "examples"].flatMap { try Checkout.textFiles(in: $0, extensions: ["md"]) }
    }
}
