import Foundation
import TestSupport
import Testing

@testable import CodePackages

@Suite("The removal of a folder")
struct FolderTreeTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("takes everything in it, and what links lead to stays")
    func links() throws {
        try folder.write([], to: "kept/file")
        try folder.write([], to: "gone/a/b/c")
        try folder.write([], to: "gone/d")
        for (link, target) in [
            ("gone/link", "../kept"), ("gone/a/file", "../../kept/file"), ("gone/none", "x"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + link,
                withDestinationPath: target
            )
        }
        FolderTree.remove(folder.path + "/gone")
        #expect(try folder.listing().map { $0.prefix(9) } == ["kept/ 755", "kept/file"])
    }

    @Test("takes a file or a link just as well, and nothing is no error")
    func others() throws {
        try folder.write([], to: "file")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: "/")
        for name in ["file", "link", "none"] { FolderTree.remove(folder.path + "/" + name) }
        #expect(try folder.listing() == [])
    }

    @Test("takes names that are no text")
    func bytes() throws {
        try folder.write([], to: "gone/x")
        let path = Array((folder.path + "/gone/").utf8.map(CChar.init(bitPattern:))) + [-1, -2, 0]
        try #require(mkdir(path, 0o700) == 0)
        FolderTree.remove(folder.path + "/gone")
        #expect(try folder.listing() == [])
    }

    @Test("goes as deep as a package may be and gives up far below, without harm")
    func depth() throws {
        let deepest = Array(repeating: "d", count: CodePackageLimits().depth + 2).joined(separator: "/")
        try folder.write([], to: "gone/" + deepest)
        FolderTree.remove(folder.path + "/gone")
        #expect(try folder.listing() == [])
        try folder.write([], to: "deep/" + Array(repeating: "d", count: 200).joined(separator: "/"))
        FolderTree.remove(folder.path + "/deep")
        #expect(try !folder.listing().isEmpty)
    }
}
