internal import Glibc
package import NIOCore
internal import NIOPosix

/// Watches a folder for files that are written or renamed into it (inotify).
///
/// A file that goes is no change: many editors take the old one away before they put the new one there.
package struct FolderWatcher: Sendable {
    /// One event with the longest name takes 16 + 256 bytes, and a read into less fails.
    private static let readBytes = 4096
    /// The fixed part of `inotify_event`, before the name.
    private static let headerBytes = 16
    /// A file that is being written is no change yet: it may be half of what it will be.
    private static let wholeFiles = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO)
    private static let growth = UInt32(IN_MODIFY | IN_CREATE)

    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Starts to watch; what happens from here on is not missed.
    ///
    /// - Parameters:
    ///   - folder: The folder's path.
    ///   - followsGrowth: Whether a file counts as changed with each write, and not only when it is closed.
    ///   - eventLoopGroup: Where events are read.
    /// - Throws: `DaemonError` when the folder can't be watched.
    package init(folder: String, followsGrowth: Bool = false, eventLoopGroup: any EventLoopGroup) async throws
    {
        let mask = Self.wholeFiles | (followsGrowth ? Self.growth : 0)
        let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0, inotify_add_watch(descriptor, folder, mask) >= 0 else {
            let reason = lastError
            close(descriptor)
            throw DaemonError("can't watch the folder \(folder): \(reason)")
        }
        channel = try await NIOPipeBootstrap(group: eventLoopGroup)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readBytes))
            .takingOwnershipOfDescriptor(input: descriptor) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// Calls `onChange` with the names that changed, one burst at a time, until the task is cancelled.
    package func run(_ onChange: (Set<String>) async throws -> Void) async throws {
        try await channel.executeThenClose { inbound, _ in
            for try await buffer in inbound {
                try await onChange(Self.names(in: buffer))
            }
        }
    }

    private static func names(in buffer: ByteBuffer) -> Set<String> {
        var buffer = buffer
        var names: Set<String> = []
        while var header = buffer.readSlice(length: headerBytes) {
            header.moveReaderIndex(forwardBy: 12)
            guard let length = header.readInteger(endianness: .host, as: UInt32.self),
                let name = buffer.readBytes(length: Int(length))
            else { break }
            names.insert(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
        }
        return names
    }
}
