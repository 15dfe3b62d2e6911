package import NIOCore

/// What clients of the legacy API may take of the daemon.
package struct LambdaIPCLimits: Sendable {
    /// The request target with all names and values of header fields.
    ///
    /// A client context is base64 of a topic with a few words; AWS IoT's longest topic, 256 bytes, fits many
    /// times.
    package var headBytesMax = 64 * 1024
    /// Header fields of one request; the SDKs send eight.
    package var headFieldCountMax = 128
    /// A request's body; Lambda's own limit for a payload is 6 MB.
    package var bodyBytesMax = 6 * 1024 * 1024
    /// All bodies that are being received.
    ///
    /// Each comes within milliseconds, so forty of the longest at a time are many, unless they are held back.
    package var allBodiesBytesMax = 256 * 1024 * 1024
    /// Connections that are served.
    ///
    /// A worker holds one for its long poll and one for each publish under way: room for ten functions of a
    /// hundred instances. As many again are accepted, answered 503 and closed; one beyond those is closed at
    /// once.
    package var connectionCountMax = 4_096
    /// From accept, or from the first byte of a later head, to the head's end.
    package var headTimeout = TimeAmount.seconds(10)
    /// From a head to its body's end; the longest body takes milliseconds on the loopback interface.
    package var bodyTimeout = TimeAmount.seconds(30)
    /// How long a refused client may go on sending.
    ///
    /// The Python SDK reads an answer only when it has sent everything, and would lose the answer if the
    /// connection were closed before.
    package var lingerTimeout = TimeAmount.seconds(10)

    /// The project's defaults.
    package init() {}
}
