import Foundation
import TestSupport
import Testing

@testable import LambdaRuntimes

@Suite("The files of the runtimes")
struct RuntimeFilesTests {
    let root: TemporaryFolder

    init() throws {
        root = try TemporaryFolder()
    }

    @Test("are all installed, readable by every user")
    func install() throws {
        let files = try RuntimeFiles.install(in: root.path)
        #expect(files.pythonRuntime == files.folder + "/python/lambda_runtime.py")
        #expect(files.folder.hasPrefix(root.path + "/runtimes/"))
        for file in EmbeddedFile.all {
            let path = files.folder + "/" + file.path
            #expect(FileManager.default.contents(atPath: path) == Data(file.contents))
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o644)
        }
    }

    @Test("leave nothing else behind")
    func noTemporaryFiles() throws {
        let files = try RuntimeFiles.install(in: root.path)
        let found = try FileManager.default.subpathsOfDirectory(atPath: files.folder)
            .filter { $0.hasSuffix(".py") || !$0.contains("python/packages") && $0 != "python" }
        #expect(Set(found) == Set(EmbeddedFile.all.map(\.path)))
    }

    @Test("are left alone when they are intact")
    func untouched() throws {
        let path = try RuntimeFiles.install(in: root.path).pythonRuntime
        let before = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
        _ = try RuntimeFiles.install(in: root.path)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int == before)
    }

    @Test("are put right when one is missing, damaged or closed to others")
    func repair() throws {
        let files = try RuntimeFiles.install(in: root.path)
        let paths = EmbeddedFile.all.map { files.folder + "/" + $0.path }
        try FileManager.default.removeItem(atPath: paths[1])
        try Data("half of it".utf8).write(to: URL(filePath: paths[0]))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: paths[2])
        #expect(try RuntimeFiles.install(in: root.path) == files)
        for (file, path) in zip(EmbeddedFile.all, paths) {
            #expect(FileManager.default.contents(atPath: path) == Data(file.contents))
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o644)
        }
    }

    @Test("are refused with the path and the reason when the root can't be written")
    func refused() throws {
        let file = try root.write([], to: "no-folder")
        let error = try #require(throws: RuntimeFilesError.self) { try RuntimeFiles.install(in: file) }
        #expect(error.description.hasPrefix("cannot write \(file)/runtimes/"))
        #expect(error.description.contains("must be writable"))
    }

    @Test("have another version when a path or a byte differs")
    func version() {
        let files = [EmbeddedFile(path: "a", contents: [1, 2]), EmbeddedFile(path: "b", contents: [])]
        let others = [
            [EmbeddedFile(path: "a", contents: [1, 3]), EmbeddedFile(path: "b", contents: [])],
            [EmbeddedFile(path: "c", contents: [1, 2]), EmbeddedFile(path: "b", contents: [])],
            [EmbeddedFile(path: "a", contents: [1, 2])],
        ]
        let version = EmbeddedFile.version(of: files)
        #expect(version.count == 16)
        #expect(version == EmbeddedFile.version(of: files))
        #expect(!others.map(EmbeddedFile.version).contains(version))
    }
}
