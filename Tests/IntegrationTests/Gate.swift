import Foundation
import Glibc
import TestSupport

/// Holds functions up until it is opened; from then on it lets everybody through.
///
/// It is a file that is locked: a function waits for the lock, and a signal still reaches it.
final class Gate: Sendable {
    /// Python that waits until the gate is open.
    let passing: String
    private let descriptor: Int32

    /// Makes a closed one.
    init(in workspace: Workspace) throws {
        let path = "\(workspace.folder)/gate-\(UUID().uuidString)"
        passing = "__import__('fcntl').flock(open('\(path)'), __import__('fcntl').LOCK_SH)"
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            throw ProgramError(description: "\(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    func open() {
        flock(descriptor, LOCK_UN)
    }
}
