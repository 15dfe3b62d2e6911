import Foundation
import TestSupport
import Testing

@testable import CodePackages

@Suite("A code package")
struct CodePackageTests {
    static let ordinaryListing = [
        "empty.txt 644 ",
        "empty/ 755",
        "lib/ 750",
        "lib/deep/ 755",
        "lib/deep/module.py 640 pass",
        "lib/deep/up -> ../../main.py",
        "lib/latest -> deep/module.py",
        "main.py 644 print(1)",
        "run.sh 755 #!/bin/sh",
    ]

    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private var target: String { folder.path + "/out/code" }

    @Test("is unpacked with its folders, permissions and links")
    func ordinary() throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        #expect(try CodePackage.unpack(archive, into: target))
        #expect(try folder.listing(of: "out/code") == Self.ordinaryListing)
    }

    @Test("lies in a folder that every user can read, with a stamp beside it and nothing else")
    func surroundings() throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        _ = try CodePackage.unpack(archive, into: target)
        let attributes = try FileManager.default.attributesOfItem(atPath: target)
        #expect(attributes[.posixPermissions] as? Int == 0o755)
        #expect(try contents(of: "out") == ["code", "code.stamp"])
    }

    @Test("has the same permissions under any umask")
    func umask() async throws {
        await #expect(processExitsWith: .success) {
            Glibc.umask(0o077)
            let folder = try TemporaryFolder()
            let archive = try folder.makeArchive(Archive.ordinary)
            _ = try CodePackage.unpack(archive, into: folder.path + "/a/b/code")
            #expect(try folder.listing(of: "a/b/code") == CodePackageTests.ordinaryListing)
            #expect(
                try folder.listing().filter { ["a/ 755", "a/b/ 755", "a/b/code/ 755"].contains($0) }.count
                    == 3
            )
        }
    }

    @Test("is checked without writing anything")
    func check() throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        try CodePackage.check(archive)
        #expect(try contents(of: "") == ["code.zip"])
    }

    @Test("is not unpacked again while the archive is the same")
    func unchanged() throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        #expect(try CodePackage.unpack(archive, into: target))
        try FileManager.default.removeItem(atPath: target + "/main.py")
        #expect(try !CodePackage.unpack(archive, into: target))
        #expect(!FileManager.default.fileExists(atPath: target + "/main.py"))
    }

    @Test("gives way to that of a changed archive, while open files live on")
    func changed() throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        _ = try CodePackage.unpack(archive, into: target)
        let file = try #require(FileHandle(forReadingAtPath: target + "/main.py"))
        _ = try folder.makeArchive("add('other.py', b'new')")
        #expect(try CodePackage.unpack(archive, into: target))
        #expect(try folder.listing(of: "out/code") == ["other.py 644 new"])
        #expect(try contents(of: "out") == ["code", "code.stamp"])
        #expect(try file.readToEnd() == Data("print(1)".utf8))
    }

    @Test("is unpacked again when the archive was replaced by an equal one")
    func replaced() throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        _ = try CodePackage.unpack(archive, into: target)
        try FileManager.default.moveItem(atPath: archive, toPath: archive + ".old")
        try FileManager.default.copyItem(atPath: archive + ".old", toPath: archive)
        #expect(try CodePackage.unpack(archive, into: target))
    }

    @Test("is unpacked again when its folder or its stamp is gone", arguments: ["code", "code.stamp"])
    func gone(name: String) throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        _ = try CodePackage.unpack(archive, into: target)
        try FileManager.default.removeItem(atPath: folder.path + "/out/" + name)
        #expect(try CodePackage.unpack(archive, into: target))
        #expect(try folder.listing(of: "out/code") == Self.ordinaryListing)
    }

    @Test("is unpacked again when its stamp is another, even by a byte")
    func otherStamp() throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        _ = try CodePackage.unpack(archive, into: target)
        let stamp = try Data(contentsOf: URL(filePath: target + ".stamp"))
        for other in [stamp + Data("\n".utf8), stamp.dropLast(), Data("1 1 1.1 1\n".utf8)] {
            try folder.write(other, to: "out/code.stamp")
            #expect(try CodePackage.unpack(archive, into: target))
            #expect(try Data(contentsOf: URL(filePath: target + ".stamp")) == stamp)
        }
    }

    @Test("takes the place of what a crash has left, and nothing else goes")
    func leftovers() throws {
        let archive = try folder.makeArchive(Archive.ordinary)
        for name in [
            "code.work-aB3xyZ/old/x", "code.work-aB3xyZ/new/y", "code.work-1/x", "code2.work-aB3xyZ/x",
        ] {
            try folder.write([], to: "out/" + name)
        }
        _ = try CodePackage.unpack(archive, into: target)
        #expect(try contents(of: "out") == ["code", "code.stamp", "code.work-1", "code2.work-aB3xyZ"])
    }

    @Test("may have odd permissions, and its owner can still read it")
    func permissions() throws {
        let archive = try folder.makeArchive(
            """
            folder('closed/', 0o000)
            add('closed/none', b'', stat.S_IFREG)
            add('closed/setuid', b'', stat.S_IFREG | 0o6755)
            add('closed/all', b'', stat.S_IFREG | 0o777)
            add('untold', b'', 0)
            add('typeless', b'', 0o600)
            add('dos', b'', stat.S_IFREG | 0o777, system=0)
            add('dosfolder/', b'', 0, system=0)
            add('mac', b'', stat.S_IFREG | 0o700, system=19)
            """
        )
        _ = try CodePackage.unpack(archive, into: target)
        #expect(
            try folder.listing(of: "out/code") == [
                "closed/ 700", "closed/all 777 ", "closed/none 400 ", "closed/setuid 755 ", "dos 644 ",
                "dosfolder/ 755", "mac 700 ", "typeless 600 ", "untold 644 ",
            ]
        )
    }

    @Test("may have names that differ only for the system")
    func names() throws {
        let archive = try folder.makeArchive(
            #"""
            add('\u00e9', b'1')
            add('e\u0301', b'2')
            add('e\u0301x/\u0600/a', b'3')
            folder('end\u0600/')
            add('A', b'4')
            add('a', b'5')
            add('...', b'6')
            add('with space\nand line', b'7')
            """#
        )
        _ = try CodePackage.unpack(archive, into: target)
        #expect(try contents(of: "out/code").count == 8)
        // The folder's name ends in a character that, for Swift's strings, is one with the slash behind it.
        let names = Set(try contents(of: "out/code").map { Array($0.utf8) })
        #expect(names.isSuperset(of: ["\u{e9}", "e\u{301}", "end\u{600}"].map { Array($0.utf8) }))
        #expect(FileManager.default.contents(atPath: target + "/e\u{301}x/\u{600}/a") == Data("3".utf8))
    }

    @Test("may be in the form of zip64")
    func zip64() throws {
        let archive = try folder.makeArchive(
            """
            zipfile.ZIP_FILECOUNT_LIMIT = 1
            zipfile.ZIP64_LIMIT = 10
            add('a', b'x' * 100, packing=zipfile.ZIP_STORED)
            add('b', b'y' * 100)
            """
        )
        // Both of the directory's ends say where it starts; its entries count once.
        var limits = CodePackageLimits()
        limits.entries = 2
        #expect(try CodePackage.unpack(archive, into: target, limits: limits))
        #expect(try contents(of: "out/code") == ["a", "b"])
    }

    @Test("may hold another archive that is not packed")
    func nested() throws {
        let inner = try folder.makeArchive("add('inner', b'1')", named: "inner.zip")
        let archive = try folder.makeArchive(
            "add('inner.jar', open('\(inner)', 'rb').read(), packing=zipfile.ZIP_STORED)"
        )
        _ = try CodePackage.unpack(archive, into: target)
        #expect(FileManager.default.contentsEqual(atPath: inner, andPath: target + "/inner.jar"))
    }

    @Test("may have large files")
    func large() throws {
        let archive = try folder.makeArchive("add('large', bytes(range(256)) * 4000)")
        _ = try CodePackage.unpack(archive, into: target)
        let expected = Data((0..<4000).flatMap { _ in UInt8.min...UInt8.max })
        #expect(FileManager.default.contents(atPath: target + "/large") == expected)
    }

    @Test(
        "may be made by Info-ZIP, as in Lambda's own manual",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/zip"))
    )
    func infoZIP() throws {
        try folder.write("x".utf8, to: "source/package/größe.py")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/source/link.py",
            withDestinationPath: "./package/größe.py"
        )
        try Archive.run(["zip", "-q", "-r", "-y", "../code.zip", "."], in: folder.path + "/source")
        _ = try CodePackage.unpack(folder.path + "/code.zip", into: target)
        #expect(try contents(of: "out/code") == ["link.py", "package"])
        #expect(FileManager.default.contents(atPath: target + "/link.py") == Data("x".utf8))
    }

    private func contents(of name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path + "/" + name).sorted()
    }
}
