/// The level of a line of output, which is told by the descriptor that the process wrote it to.
///
/// The legacy Lambda runtime is told the same numbers in `_GG_LOG_FD_TRACE` and so on; 1 and 2 are also
/// standard output and standard error.
package enum LogLevel: String, CaseIterable, Sendable {
    /// Descriptor 6.
    case trace
    /// Descriptor 3.
    case debug
    /// Descriptor 1, standard output.
    case info
    /// Descriptor 4.
    case warn
    /// Descriptor 2, standard error.
    case error
    /// Descriptor 5.
    case fatal

    /// The descriptor in the process, 1 to 6.
    package var descriptor: Int32 {
        switch self {
        case .trace: 6
        case .debug: 3
        case .info: 1
        case .warn: 4
        case .error: 2
        case .fatal: 5
        }
    }

    /// The levels in the order of their descriptors.
    static let byDescriptor = allCases.sorted { $0.descriptor < $1.descriptor }
}
