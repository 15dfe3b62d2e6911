import ArgumentParser
import ControlAPI
import FoundationEssentials
import Glibc
import GreengrassModel
import NIOCore
import NIOPosix
import TrellisDaemon

/// `trellis logs`.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Reads the logs of functions.",
        subcommands: [LogsGetCommand.self]
    )
}

/// `trellis logs get`.
struct LogsGetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Prints a component's log; the daemon need not run.",
        discussion: "Example: trellis logs get -n hello-world --follow"
    )

    @OptionGroup var options: RootOptions

    @Option(
        name: .shortAndLong,
        help: "The component's name.",
        completion: .shellCommand(RootOptions.componentNames)
    )
    var name: String

    @Flag(name: .long, help: "Go on with what is written from now on, until it is ended.")
    var follow = false

    func run() async throws {
        let folder = try options.folder() + "/logs"
        guard !name.contains("/") else { throw ValidationError("'\(name)' is no component's name") }
        var reader = LogReader(path: "\(folder)/\(name).log")
        guard follow else {
            guard reader.copyNew() else { throw ControlError(message: Self.missing(name, in: folder)) }
            return
        }
        let watcher = try await FolderWatcher(
            folder: folder,
            followsGrowth: true,
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup
        )
        if !reader.copyNew() {
            Output.error(Self.missing(name, in: folder) + "; waiting for it")
        }
        try await watcher.run { names in
            if names.contains("\(name).log") {
                _ = reader.copyNew()
            }
        }
    }

    private static func missing(_ name: String, in folder: String) -> String {
        let logs = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasSuffix(".log")
        }
        let names = logs.map { String($0.dropLast(4)) }.sorted()
        return "there is no \(folder)/\(name).log"
            + (names.isEmpty ? "" : "; there are logs of \(names.joined(separator: ", "))")
    }
}

/// Reads a log file on from where it stopped, and from the beginning of the next one after a rotation.
struct LogReader {
    /// How much is read at once.
    private static let chunkBytes = 64 * 1024

    private let path: String
    private var descriptor: Int32 = -1
    private var inode = 0
    private var escaper = ControlEscaper.forStandardOutput

    init(path: String) {
        self.path = path
    }

    /// Writes what is new to standard output.
    ///
    /// - Returns: Whether there is such a file.
    mutating func copyNew() -> Bool {
        copyRest()
        guard let current = Self.inode(of: path) else { return descriptor >= 0 }
        if descriptor < 0 || current != inode {
            if descriptor >= 0 {
                // What was written between the last look and the rotation.
                copyRest()
                close(descriptor)
            }
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            inode = current
            copyRest()
        }
        return descriptor >= 0
    }

    private static func inode(of path: String) -> Int? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return FileAttribute.integer(attributes?[.systemFileNumber])
    }

    private mutating func copyRest() {
        guard descriptor >= 0 else { return }
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        while case let count = read(descriptor, &chunk, chunk.count), count > 0 {
            let new = chunk.prefix(count)
            Output.write(escaper?.escaped(new) ?? Array(new))
        }
    }
}
