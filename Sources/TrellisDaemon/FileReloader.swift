internal import NIOCore
internal import ServiceLifecycle

/// Reads a file again whenever it changes.
struct FileReloader: Service {
    private let name: String
    private let watcher: FolderWatcher
    private let reload: @Sendable () -> Void

    /// Starts to watch the file's folder.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - eventLoopGroup: Where its changes are heard of.
    ///   - reload: Reads it; also called once when the service begins.
    /// - Throws: `DaemonError` when the folder can't be watched.
    init(
        path: String,
        eventLoopGroup: any EventLoopGroup,
        reload: @escaping @Sendable () -> Void
    ) async throws {
        let slash = path.lastIndex(of: "/")
        self.name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        self.reload = reload
        self.watcher = try await FolderWatcher(
            folder: slash.map { String(path[...$0]) } ?? ".",
            eventLoopGroup: eventLoopGroup
        )
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            // What changed while the daemon started.
            reload()
            try await watcher.run { names in
                if names.contains(name) {
                    reload()
                }
            }
        }
    }
}
