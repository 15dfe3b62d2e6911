import Foundation
import TestSupport
import Testing

@testable import CodePackages

@Suite("The file of an archive")
struct ArchiveFileTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("is unchanged until somebody writes to it, even the same bytes")
    func isUnchanged() throws {
        let path = try folder.write("abc".utf8, to: "file")
        let file = try ArchiveFile(path)
        let atFirst = (isUnchanged: file.isUnchanged, fingerprint: file.fingerprint)
        let times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 1)]
        try #require(utimensat(AT_FDCWD, path, times, 0) == 0)
        let later = (isUnchanged: file.isUnchanged, fingerprint: try ArchiveFile(path).fingerprint)
        #expect(atFirst.isUnchanged && !later.isUnchanged)
        #expect(atFirst.fingerprint != later.fingerprint)
        #expect(later.fingerprint.hasPrefix("3 1.1 "))
    }

    @Test("has no bytes behind its end")
    func bytes() throws {
        let file = try ArchiveFile(folder.write("abc".utf8, to: "file"))
        let reads = [(1, 9), (1, 1), (3, 1), (.max, 46), (0, 0)].map { file.bytes(at: $0.0, count: $0.1) }
        #expect(reads == [Array("bc".utf8), Array("b".utf8), [], [], []])
    }

    @Test("is closed again, whatever becomes of it")
    func descriptors() async throws {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let good = try folder.makeArchive(Archive.ordinary, named: "good.zip")
            let bad = try folder.makeArchive("add('a', b'x').CRC ^= 1", named: "bad.zip")
            let none = try folder.write("PK".utf8, to: "none.zip")
            // Once before counting, for what the libraries open for good.
            for isCounted in [false, true] {
                let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
                for archive in [good, bad, none, folder.path] {
                    try? CodePackage.check(archive)
                    _ = try? CodePackage.unpack(archive, into: folder.path + "/code\(isCounted)")
                }
                let after = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
                #expect(before == after || !isCounted)
            }
        }
    }
}
