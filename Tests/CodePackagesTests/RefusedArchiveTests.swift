import Foundation
import TestSupport
import Testing

@testable import CodePackages

@Suite("A refused archive")
struct RefusedArchiveTests {
    /// An archive, and what is said of it.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let script: String
        let reason: String
        /// Whether the directory alone tells it.
        var isSeenByCheck = true

        init(_ description: String, _ script: String, _ reason: String, isSeenByCheck: Bool = true) {
            self.testDescription = description
            self.script = script
            self.reason = reason
            self.isSeenByCheck = isSeenByCheck
        }
    }

    static let badNames = [
        Case("absolute", "add('/etc/x')", "starts with a slash"),
        Case("up", "add('../x')", "'.' or '..'"),
        Case("up inside", "add('a/../x')", "'.' or '..'"),
        Case("up at the end", "add('a/..')", "'.' or '..'"),
        Case("up, a folder", "add('../')", "'.' or '..'"),
        Case("up behind a greedy character", #"add('\u0600/../../x')"#, "'.' or '..'"),
        Case("here", "add('./x')", "'.' or '..'"),
        Case("here inside", "add('a/./x')", "'.' or '..'"),
        Case("empty part", "add('a//x')", "empty"),
        Case("empty part at the end", "folder('a//')", "empty"),
        Case("empty", "add('')", "empty"),
        Case("root", "add('/')", "empty"),
        Case("zero byte", #"add('aXb'); replace(b'aXb', b'a\0b')"#, "zero byte"),
        Case("zero byte at the end", #"add('a/X'); replace(b'a/X', b'a/\0')"#, "zero byte"),
        Case("backslash", #"add('a\\x')"#, "backslash"),
        Case("backslash and up", #"add('..\\x')"#, "backslash"),
        Case("no UTF-8", #"add('aXXb'); replace(b'aXXb', b'a\xc0\xaf\x62')"#, "UTF-8"),
        Case("Latin-1", #"add('aXb'); replace(b'aXb', b'a\xe9b')"#, "UTF-8"),
        Case("a long part", "add('x' * 256)", "255"),
        Case("twice", "add('a'); add('a')", "two of this name"),
        Case("a folder twice", "folder('a/'); folder('a/')", "two of this name"),
        Case("file and folder", "add('a'); folder('a/')", "two of this name"),
        Case("folder and file", "folder('a/'); add('a')", "two of this name"),
        Case("implied folder and file", "add('a/b'); add('a')", "two of this name"),
        Case("link and file", "link('a', b'b'); add('a')", "two of this name"),
        Case("file as a folder", "add('a'); add('a/b')", "not a folder"),
        Case("link as a folder", "link('a', b'b'); add('b/c'); add('a/c')", "not a folder"),
        Case("link as a folder, later", "add('a/c'); link('a', b'b')", "two of this name"),
    ]

    static let badTypes = [
        Case("block device", "add('a', b'', stat.S_IFBLK | 0o644)", "a device"),
        Case("character device", "add('a', b'', stat.S_IFCHR | 0o644)", "a device"),
        Case("FIFO", "add('a', b'', stat.S_IFIFO | 0o644)", "a device"),
        Case("socket", "add('a', b'', stat.S_IFSOCK | 0o644)", "a device"),
        Case("unknown type", "add('a', b'', 0o170644)", "a device"),
        Case("folder by type alone", "add('a', b'', stat.S_IFDIR | 0o755)", "disagree"),
        Case("folder by name alone", "add('a/', b'', stat.S_IFREG | 0o755)", "disagree"),
        Case("link with a slash", "add('a/', b'b', stat.S_IFLNK | 0o777)", "disagree"),
        Case("folder with contents", "add('a/', b'x', stat.S_IFDIR | 0o755)", "has contents"),
    ]

    static let badLinks = [
        Case("absolute", "link('a', b'/etc/passwd')", "out of the package"),
        Case("up", "link('a', b'..')", "out of the package"),
        Case("too far up", "link('a/b', b'../../x')", "out of the package"),
        Case("up after a name", "link('a/b', b'c/../d')", "out of the package"),
        Case("up after itself", "link('a/b', b'./c/..')", "out of the package"),
        Case("up behind a greedy character", #"link('a', '\u0600/..'.encode())"#, "out of the package"),
        Case("empty", "link('a', b'')", "out of the package"),
        Case("zero byte", #"link('a', b'b\0c')"#, "out of the package"),
        Case("no UTF-8", #"link('a', b'\xff')"#, "out of the package"),
        Case("long", "link('a', b'x' * 4096)", "4095 bytes"),
    ]

    static let badPackings = [
        Case("password", "add('a', b'x').flag_bits |= 1", "encrypted"),
        Case("strong encryption", "add('a', b'x').flag_bits |= 0x41", "encrypted"),
        Case("bzip2", "add('a', b'x', packing=zipfile.ZIP_BZIP2)", "method 12"),
        Case("LZMA", "add('a', b'x', packing=zipfile.ZIP_LZMA)", "method 14"),
        Case("unknown method", "add('a', b'x').compress_type = 77", "method 77"),
        Case("wrong checksum", "add('a', b'x').CRC ^= 1", "CRC", isSeenByCheck: false),
        Case(
            "wrong checksum, not packed",
            "add('a', b'x' * 70000, packing=zipfile.ZIP_STORED).CRC ^= 1",
            "CRC",
            isSeenByCheck: false
        ),
        Case("wrong checksum of a link", "link('a', b'b').CRC ^= 1", "CRC"),
        Case("more than declared", "add('a', b'x' * 99).file_size = 98", "more bytes", isSeenByCheck: false),
        Case(
            "much more than declared",
            "add('a', b'x' * 999999).file_size = 1",
            "more bytes",
            isSeenByCheck: false
        ),
        Case(
            "declared as empty",
            "add('a', b'x' * 999999).file_size = 0",
            "more bytes",
            isSeenByCheck: false
        ),
        Case("less than declared", "add('a', b'x').file_size = 2", "bytes", isSeenByCheck: false),
        Case("more packed than there is", "add('a', b'x').compress_size = 9999", "less in it"),
        Case("far too much packed", "add('a', b'x').compress_size = 2**64 - 1", "less in it"),
        Case(
            "entries on top of each other",
            """
            a = add('a', bytes(range(256)) * 9, packing=zipfile.ZIP_STORED)
            for b in [add(name, packing=zipfile.ZIP_STORED) for name in 'bcd']:
                b.header_offset, b.CRC, b.file_size = a.header_offset, a.CRC, a.file_size
                b.compress_size = a.compress_size
            """,
            "less in it"
        ),
        Case(
            "data beyond the file",
            "add('a', b'x').header_offset = 2**31",
            "can't be read",
            isSeenByCheck: false
        ),
        Case("no file in it", "folder('a/')", "no file in it"),
        Case("nothing in it", "pass", "no file in it"),
    ]

    /// What the old folder comes from.
    static let good = Result { try Archive.bytes("add('old', b'old')") }

    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("is one with a bad name", arguments: badNames)
    func names(refused: Case) throws {
        try expectRefusal(refused)
    }

    @Test("is one with what is neither file, folder nor link", arguments: badTypes)
    func types(refused: Case) throws {
        try expectRefusal(refused)
    }

    @Test("is one with a link that leads out", arguments: badLinks)
    func links(refused: Case) throws {
        try expectRefusal(refused)
    }

    @Test("is one that can't be unpacked as it says", arguments: badPackings)
    func packings(refused: Case) throws {
        try expectRefusal(refused)
    }

    @Test("is a file that is no archive", arguments: ["", "x", "PK", "<html></html>", "PK\u{5}\u{6}"])
    func noArchive(text: String) throws {
        try expectRefusal(of: folder.write(text.utf8, to: "bad.zip"), "Not a zip archive")
    }

    @Test("is a path without a regular file, and nothing waits for it")
    func noFile() throws {
        try expectRefusal(of: folder.path + "/none.zip", "No such file")
        try expectRefusal(of: folder.path, "no regular file")
        try expectRefusal(of: "/dev/zero", "no regular file")
        try expectRefusal(of: folder.path + "/code.zip\0", "zero byte")
        try #require(mkfifo(folder.path + "/fifo", 0o600) == 0)
        try expectRefusal(of: folder.path + "/fifo", "no regular file")
    }

    @Test("leaves a folder that was never there missing")
    func firstTime() throws {
        let archive = try folder.makeArchive("add('a', b'x'); add('b', b'x').CRC ^= 1")
        #expect(throws: CodePackageError.self) {
            try CodePackage.unpack(archive, into: folder.path + "/code")
        }
        #expect(try folder.listing().map { $0.prefix(8) } == ["code.zip"])
    }

    @Test("leaves everything as it was when there is no place for the package")
    func noPlace() throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        let before = try folder.listing()
        let error = try #require(throws: CodePackageError.self) {
            try CodePackage.unpack(archive, into: archive + "/code")
        }
        #expect(error.problem.contains("Not a directory"))
        #expect(try folder.listing() == before)
    }

    @Test("leaves alone what is no folder in the place of the package")
    func otherInPlace() throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        let file = try folder.write("x".utf8, to: "file")
        try folder.write([], to: "elsewhere/file")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link",
            withDestinationPath: "elsewhere"
        )
        let before = try folder.listing()
        for place in [file, folder.path + "/link"] {
            let error = try #require(throws: CodePackageError.self) {
                try CodePackage.unpack(archive, into: place)
            }
            #expect(error.problem.contains("no folder"))
            #expect(try folder.listing() == before)
        }
    }

    private func expectRefusal(_ refused: Case) throws {
        let archive = try folder.makeArchive(refused.script, named: "bad.zip")
        if !refused.isSeenByCheck { try CodePackage.check(archive) }
        try expectRefusal(of: archive, refused.reason, isSeenByCheck: refused.isSeenByCheck)
    }

    /// Expects that the archive is refused with this reason, and that nothing changes.
    private func expectRefusal(of archive: String, _ reason: String, isSeenByCheck: Bool = true) throws {
        let good = try folder.write(Self.good.get(), to: "good.zip")
        let target = folder.path + "/code"
        _ = try CodePackage.unpack(good, into: target)
        let before = try folder.listing()

        let error = try #require(throws: CodePackageError.self) {
            try CodePackage.unpack(archive, into: target)
        }
        #expect(error.description.contains(reason))
        if isSeenByCheck {
            let seen = try #require(throws: CodePackageError.self) { try CodePackage.check(archive) }
            #expect(seen.description == error.description)
        }
        #expect(try folder.listing() == before)
        #expect(try !CodePackage.unpack(good, into: target))
    }
}
