package import NIOCore

/// What clients of the Greengrass IPC may take of the daemon.
package struct ComponentIPCLimits: Sendable {
    /// The longest message, in bytes, with prelude, headers and checksum: what AWS' own client library takes.
    package var messageBytesMax = 24 * 1024 * 1024
    /// The longest first message, in bytes: it is a token, from somebody who is not known yet.
    package var connectBytesMax = 64 * 1024
    /// The longest PING, in bytes: it comes back as it is.
    package var pingBytesMax = 64 * 1024
    /// All messages that are being received and are longer than `smallMessageBytesMax`.
    package var receivedBytesMax = 256 * 1024 * 1024
    /// A message up to so many bytes counts as the connection's own memory.
    package var smallMessageBytesMax = 64 * 1024
    /// Connections that are served; a further one is closed at once.
    package var connectionCountMax = 16_384
    /// Connections of which nobody has said yet whose they are; when there is a further one, the oldest is
    /// closed.
    package var unknownCountMax = 1_024
    /// Streams of one connection that are open at a time.
    package var streamCountMax = 10_000
    /// What waits for one client to read it, in bytes; what is published then is lost to it.
    package var queueBytesMax = 8 * 1024 * 1024
    /// What waits for one client to read it, in messages of its subscriptions.
    package var queueCountMax = 10_000
    /// What waits for all clients to read it, in bytes; who has less than `ownQueueBytes` to read is not
    /// held to it.
    package var allQueuesBytesMax = 256 * 1024 * 1024
    /// What each client may have to read, however much others have.
    package var ownQueueBytes = 64 * 1024
    /// A client that has so many bytes to read is not read any further: its requests wait.
    package var unreadBytesMax = 1024 * 1024
    /// Refusals of one connection that are written to the log; each has up to some kilobytes.
    package var loggedRefusalsMax = 16
    /// From accept to a whole CONNECT.
    package var connectTimeout = TimeAmount.seconds(10)
    /// From the beginning of a long message to its end; the longest takes milliseconds.
    package var longMessageTimeout = TimeAmount.seconds(30)
    /// A client that reads nothing for so long, while messages are lost to it or its requests wait, is
    /// disconnected.
    package var stallTimeout = TimeAmount.seconds(10)

    /// The project's defaults.
    package init() {}
}
