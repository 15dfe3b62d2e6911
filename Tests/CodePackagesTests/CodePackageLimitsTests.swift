import Foundation
import TestSupport
import Testing

@testable import CodePackages

@Suite("The limits of a code package")
struct CodePackageLimitsTests {
    /// A limit that the archive just keeps, and then one less.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let script: String
        let limit: any WritableKeyPath<CodePackageLimits, Int> & Sendable
        let value: Int
        let reason: String
    }

    static let cases = [
        Case(
            testDescription: "entries",
            script: "add('a'); add('b'); folder('c/')",
            limit: \.entries,
            value: 3,
            reason: "more than 2 files and folders"
        ),
        Case(
            testDescription: "folders that only names ask for",
            script: "add('a/b/c/d'); add('a/b/e/f')",
            limit: \.entries,
            value: 6,
            reason: "more than 5 files and folders"
        ),
        Case(
            testDescription: "bytes",
            script: "add('a', b'x' * 600); add('b', b'x' * 395); link('c', b'abcde')",
            limit: \.unpackedBytes,
            value: 1000,
            reason: "more than 999 bytes"
        ),
        Case(
            testDescription: "bytes of one file",
            script: "add('a', b'x' * 600)",
            limit: \.unpackedBytes,
            value: 600,
            reason: "more than 599 bytes"
        ),
        Case(
            testDescription: "bytes of a name",
            script: "add('a/' + 'ä' * 4)",
            limit: \.nameBytes,
            value: 10,
            reason: "more than 9 bytes"
        ),
        Case(
            testDescription: "depth",
            script: "add('a/b/c')",
            limit: \.depth,
            value: 3,
            reason: "2 parts"
        ),
        Case(
            testDescription: "bytes of a link's target",
            script: "add('a'); link('b', b'x' * 20)",
            limit: \.linkTargetBytes,
            value: 20,
            reason: "more than 19 bytes"
        ),
        Case(
            testDescription: "bytes of the directory",
            script: "add('ab'); add('c').comment = b'x' * 50",
            limit: \.directoryBytes,
            value: 46 + 2 + 46 + 1 + 50,
            reason: "more than 144 bytes"
        ),
        Case(
            testDescription: "bytes of any ratio",
            script: "add('a', b'x' * 100000)",
            limit: \.ratioFreeBytes,
            value: 100_000,
            reason: "100 times its size"
        ),
    ]

    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("may be reached and not exceeded", arguments: cases)
    func limit(limited: Case) throws {
        let archive = try folder.makeArchive(limited.script)
        var limits = CodePackageLimits()
        limits[keyPath: limited.limit] = limited.value
        try CodePackage.check(archive, limits: limits)
        limits[keyPath: limited.limit] -= 1
        let error = try #require(throws: CodePackageError.self) {
            try CodePackage.check(archive, limits: limits)
        }
        #expect(error.description.contains(limited.reason))
        try expectNothingUnpacked(archive, limits)
    }

    @Test("hold for a bomb of zeros, as they are")
    func bomb() throws {
        // 20 MB from 20 kB; with 300 MB it would only be the other limit.
        let archive = try folder.makeArchive("for i in range(20): add(str(i), bytes(1 << 20))")
        let error = try #require(throws: CodePackageError.self) { try CodePackage.check(archive) }
        #expect(error.description.contains("100 times its size"))
        try expectNothingUnpacked(archive, CodePackageLimits())
    }

    @Test("hold for a bomb that plays itself down")
    func lyingBomb() throws {
        let archive = try folder.makeArchive("for i in range(20): add(str(i), bytes(1 << 20)).file_size = 9")
        try CodePackage.check(archive)
        let error = try #require(throws: CodePackageError.self) {
            try CodePackage.unpack(archive, into: folder.path + "/code")
        }
        #expect(error.entry == "0")
        #expect(error.problem.contains("more bytes"))
        try expectNothingUnpacked(archive, CodePackageLimits())
    }

    @Test("hold for each byte: an entry never gives more than it declares", arguments: [0, 9, 70_000])
    func bytes(declared: Int) throws {
        let archive = try folder.makeArchive("add('a', bytes(1 << 20)).file_size = \(declared)")
        let zip = try ZipArchive(ArchiveFile(archive), limits: CodePackageLimits())
        var count = 0
        do {
            try zip.unpack(PackageEntry(zip.record(at: 0), limits: zip.limits)) { count += $0.count }
            Issue.record("an entry with too many bytes was unpacked")
        } catch {
            #expect(error.text.contains("more bytes"))
        }
        #expect(count <= declared)
    }

    @Test("hold for a directory with more entries than its end tells", arguments: [1, 2 << 16])
    func hiddenEntries(addition: Int) throws {
        let archive = try folder.makeArchive(
            """
            for i in range(30): add(str(i))
            z.close()
            contents = bytearray(open(path, 'rb').read())
            struct.pack_into('<HH', contents, len(contents) - 14, \(addition) % 65536, \(addition) % 65536)
            open(path, 'wb').write(contents)
            finish = lambda: None
            """
        )
        var limits = CodePackageLimits()
        limits.entries = 29
        let error = try #require(throws: CodePackageError.self) {
            try CodePackage.check(archive, limits: limits)
        }
        #expect(error.description.contains("more than 29 files and folders"))
    }

    @Test("hold for many ends of one directory, which would all be read")
    func manyEnds() throws {
        let archive = try folder.makeArchive(
            """
            for i in range(30): add(str(i))
            z.close()
            contents = open(path, 'rb').read()
            open(path, 'wb').write(contents + contents[-22:] * 2000)
            finish = lambda: None
            """
        )
        let error = try #require(throws: CodePackageError.self) { try CodePackage.check(archive) }
        #expect(error.description.contains("more than 20000 files and folders"))
    }

    private func expectNothingUnpacked(_ archive: String, _ limits: CodePackageLimits) throws {
        let before = try folder.listing()
        #expect(throws: CodePackageError.self) {
            try CodePackage.unpack(archive, into: folder.path + "/code", limits: limits)
        }
        #expect(try folder.listing() == before)
    }
}
