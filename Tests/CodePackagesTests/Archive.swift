import Foundation
import TestSupport
import Testing

/// Makes archives with the `zipfile` of Python, by scripts that can lie in every field.
enum Archive {
    /// What a script starts with.
    private static let prelude = """
        import stat, struct, sys, zipfile

        path = sys.argv[1]
        z = zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED)
        edits = []

        def add(name, data=b'', mode=stat.S_IFREG | 0o644, system=3, packing=zipfile.ZIP_DEFLATED):
            # What is changed in the result before the end stands in the directory alone.
            info = zipfile.ZipInfo('x')
            info.filename, info.create_system, info.compress_type = name, system, packing
            z.writestr(info, data)
            info.external_attr = mode << 16
            return info

        def link(name, target):
            return add(name, target, stat.S_IFLNK | 0o777)

        def folder(name, mode=0o755):
            return add(name, b'', stat.S_IFDIR | mode)

        def replace(old, new):
            edits.append((old, new))

        def finish():
            z.close()
            contents = open(path, 'rb').read()
            for old, new in edits:
                assert old in contents and len(old) == len(new)
                contents = contents.replace(old, new)
            open(path, 'wb').write(contents)

        """

    /// An ordinary package.
    static let ordinary = """
        add('main.py', b'print(1)')
        add('run.sh', b'#!/bin/sh', stat.S_IFREG | 0o755)
        add('lib/deep/module.py', b'pass', stat.S_IFREG | 0o640)
        folder('lib/', 0o750)
        folder('empty/')
        add('empty.txt', b'')
        link('lib/latest', b'deep/module.py')
        link('lib/deep/up', b'../../main.py')
        """

    /// Writes the archive that `script` describes to `path`.
    static func make(_ script: String, at path: String) throws {
        try run(["python3", "-W", "ignore", "-c", prelude + script + "\nfinish()\n", path])
    }

    /// The bytes of the archive that `script` describes.
    static func bytes(_ script: String) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        return try [UInt8](Data(contentsOf: URL(filePath: folder.makeArchive(script))))
    }

    /// Runs a program to its end, in `folder`.
    static func run(_ command: [String], in folder: String = "/") throws {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(String(decoding: text, as: UTF8.self))")
    }
}

extension TemporaryFolder {
    /// Makes an archive in this folder.
    func makeArchive(_ script: String, named name: String = "code.zip") throws -> String {
        try Archive.make(script, at: path + "/" + name)
        return path + "/" + name
    }
}
