internal import NIOCore
internal import ServiceLifecycle

/// Reads the subscription file again whenever it changes, and swaps the whole table.
struct SubscriptionReloader: Service {
    private let file: SubscriptionFile
    private let watcher: FolderWatcher

    /// Starts to watch the file's folder.
    ///
    /// - Throws: `DaemonError` when the folder can't be watched.
    init(file: SubscriptionFile, eventLoopGroup: any EventLoopGroup) async throws {
        self.file = file
        self.watcher = try await FolderWatcher(folder: file.folder, eventLoopGroup: eventLoopGroup)
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            // What changed while the daemon started.
            file.reload()
            try await watcher.run { names in
                if names.contains(file.name) {
                    file.reload()
                }
            }
        }
    }
}
