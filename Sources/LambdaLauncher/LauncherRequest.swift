import Glibc
import NIOCore

/// What the launcher reads of one request, `REQUEST_BYTES_MAX` of its protocol.h.
private let requestBytesMax = 128 * 1024

/// A request to `trellis-launcher` in the form of its protocol.h and plan.h.
enum LauncherRequest {
    /// What the guard does with the container whose OCI runtime is the plan's program; `struct
    /// plan_container` of plan.h.
    struct Container: Hashable, Sendable {
        /// What the runtime calls it.
        var id: String
        /// The file with the line `oom_kill COUNT`; empty when there is none.
        var memoryCounter: String
        /// Whether the runtime must not see that version 2 of the control groups is mounted beside version 1.
        var hidesUnified: Bool
    }

    case start(
        id: UInt64,
        plan: LaunchPlan,
        container: Container? = nil,
        openFileLimit: UInt64?,
        isForkServer: Bool = false
    )
    /// With the launcher's end of the socket to the guard that a fork server makes.
    case adopt(id: UInt64)
    case signal(id: UInt64, number: Int32)

    /// The bytes to send as one packet.
    ///
    /// - Throws: ``LauncherError`` if the plan holds a NUL byte, an impossible variable name or is too long.
    func encoded() throws(LauncherError) -> ByteBuffer {
        var buffer = ByteBuffer()
        switch self {
        case .start(let id, let plan, let container, let openFileLimit, let isForkServer):
            buffer.writeHeader(id: id, kind: 1)
            try buffer.writePlan(plan, container, openFileLimit: openFileLimit, isForkServer: isForkServer)
        case .adopt(let id):
            buffer.writeHeader(id: id, kind: 3)
        case .signal(let id, let number):
            buffer.writeHeader(id: id, kind: 2, number: UInt32(bitPattern: number))
        }
        guard buffer.readableBytes <= requestBytesMax else {
            throw LauncherError(
                "its arguments and environment take \(buffer.readableBytes) bytes, more than the limit of "
                    + "\(requestBytesMax); hand large values over in a file"
            )
        }
        return buffer
    }
}

extension ByteBuffer {
    fileprivate mutating func writeHeader(id: UInt64, kind: UInt32, number: UInt32 = 0) {
        writeInteger(id, endianness: .host)
        writeInteger(kind, endianness: .host)
        writeInteger(number, endianness: .host)
    }

    fileprivate mutating func writePlan(
        _ plan: LaunchPlan,
        _ container: LauncherRequest.Container?,
        openFileLimit: UInt64?,
        isForkServer: Bool
    ) throws(LauncherError) {
        // No core files: they would fill a small device's disk with the memory of functions.
        var limits: [(resource: UInt32, soft: UInt64, hard: UInt64)] = [(UInt32(RLIMIT_CORE.rawValue), 0, 0)]
        if let openFileLimit {
            limits.append((UInt32(RLIMIT_NOFILE.rawValue), openFileLimit, .max))
        }
        let counts: [UInt32] = [
            plan.user == nil ? 0 : 1, plan.user?.uid ?? 0, plan.user?.gid ?? 0, isForkServer ? 1 : 0,
            UInt32(limits.count), UInt32(plan.arguments.count + 1), UInt32(plan.environment.count),
            container.map { $0.hidesUnified ? 2 : 1 } ?? 0,
        ]
        for count in counts {
            writeInteger(count, endianness: .host)
        }
        for limit in limits {
            writeInteger(UInt64(limit.resource), endianness: .host)
            writeInteger(limit.soft, endianness: .host)
            writeInteger(limit.hard, endianness: .host)
        }
        for string in [plan.executable, plan.workingDirectory, plan.executable] + plan.arguments {
            try writeTerminated(string)
        }
        for (name, value) in plan.environment {
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")) else {
                throw LauncherError(
                    "its environment has a variable named \"\(name)\", which no process can have"
                )
            }
            try writeTerminated("\(name)=\(value)")
        }
        if let container {
            try writeTerminated(container.id)
            try writeTerminated(container.memoryCounter)
        }
    }

    /// A NUL byte inside a string would end it early and turn its rest into the next one.
    private mutating func writeTerminated(_ string: String) throws(LauncherError) {
        guard !string.utf8.contains(0) else {
            throw LauncherError("its plan has a NUL byte after \"\(string.prefix { $0 != "\0" })\"")
        }
        writeNullTerminatedString(string)
    }
}
