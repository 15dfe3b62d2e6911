import Broker
import Logging
import NIOCore
import Store

/// So long changes that nobody waits for may wait for others, so that they share a transaction.
private let gatheringTime = TimeAmount.milliseconds(100)

/// After a failure the next try comes this much later, for example when the disk has room again.
private let retryDelay = TimeAmount.seconds(5)

/// The life of the thread that owns the spool's file: writes what the index wants kept, reads what is to be
/// sent next.
///
/// While one transaction is on its way to the disk, what publishers bring meanwhile gathers for the next. A
/// disk that fails stops nobody: messages stay in memory, and the writing is tried again. Confined to its
/// thread.
final class SpoolWriter {
    private let path: String
    private let context: BridgeContext
    /// Nil while there is none because the one before was damaged and a new one could not be made.
    private var file: SpoolFile?
    private var writeAt = NIODeadline.distantFuture
    private var writeRetryAt = NIODeadline.uptimeNanoseconds(0)
    /// Before that a damaged file is not replaced.
    private var replaceAgainAt = NIODeadline.uptimeNanoseconds(0)
    private var readRetryAt = NIODeadline.uptimeNanoseconds(0)
    private var loggedFailure: String?

    private var state: BridgeState { self.context.state }

    init(path: String, file: SpoolFile, context: BridgeContext) {
        self.path = path
        self.file = file
        self.context = context
    }

    /// Returns when the bridge has ended and everything is written that can be.
    func run() {
        while true {
            let (demand, inquiries, isStopping) = self.state.answerWriterBell()
            for inquiry in inquiries { self.answer(inquiry) }
            if isStopping { return self.finish() }
            guard !self.work(on: demand) else { continue }
            var deadline = NIODeadline.distantFuture
            if demand.contains(.changes) { deadline = max(self.writeAt, self.writeRetryAt) }
            if demand.contains(.page) { deadline = min(deadline, self.readRetryAt) }
            self.state.waitForWriterBell(until: deadline)
        }
    }

    /// - Returns: whether there was anything to do now.
    private func work(on demand: UplinkSpool.Demand) -> Bool {
        let now = NIODeadline.now()
        var hasWorked = false
        if demand.contains(.page), self.readRetryAt <= now {
            self.load()
            hasWorked = true
        }
        if demand.isDisjoint(with: [.changes, .awaited]) {
            self.writeAt = .distantFuture
        } else if self.writeAt == .distantFuture {
            self.writeAt = now + gatheringTime
        }
        if demand.contains(.awaited) || self.writeAt <= now, self.writeRetryAt <= now {
            self.write()
            self.tell()
            self.writeAt = .distantFuture
            hasWorked = true
        }
        return hasWorked
    }

    private func write() {
        let (changes, waiting) = self.state.takeChanges()
        // Accepted either way: where the disk fails the memory keeps them.
        defer { waiting?.succeed() }
        guard !changes.isEmpty else { return }
        do {
            try self.usedFile().write(changes)
            self.state.withSpool { $0.didWrite(changes) }
            if self.loggedFailure != nil {
                self.context.logger.notice("The spool's file can be written again.", metadata: self.place)
            }
            self.loggedFailure = nil
        } catch {
            self.state.didFail(changes, because: error.reason)
            self.writeRetryAt = .now() + retryDelay
            self.didFail(error, "Messages for the cloud are in memory only until it can be written.")
        }
    }

    /// Tells of messages that were dropped, and lets their rows go.
    ///
    /// - Returns: whether there were any.
    @discardableResult
    private func tell() -> Bool {
        let discarded = self.state.withSpool { $0.takeDiscarded() }
        guard !discarded.isEmpty else { return false }
        do {
            for message in try self.usedFile().messages(at: discarded.keys.sorted()) {
                self.context.onDrop(message.message, discarded[message.position] ?? "")
            }
        } catch {
            self.didFail(error, "\(discarded.count) dropped messages could not be kept as dead letters.")
        }
        self.state.withSpool { $0.didTell(discarded) }
        return true
    }

    private func load() {
        let positions = self.state.withSpool { $0.takePage() }
        guard !positions.isEmpty else { return }
        do {
            let messages = try self.usedFile().messages(at: positions)
            let lostCount = self.state.withSpool { $0.didLoad(positions, messages) }
            if lostCount > 0 {
                self.context.logger.error(
                    "The spool's file lacks \(lostCount) messages.",
                    metadata: self.place
                )
            }
            self.state.wakeBridge()
        } catch {
            self.state.withSpool { $0.didFailToLoad(because: error.reason) }
            self.readRetryAt = .now() + retryDelay
            self.didFail(error, "What waits there for the cloud can't be sent until it can be read.")
        }
    }

    private func answer(_ inquiry: SpoolInquiry) {
        do {
            inquiry.continuation.resume(returning: try self.usedFile().messages(at: inquiry.positions))
        } catch {
            inquiry.continuation.resume(throwing: error)
        }
    }

    private func finish() {
        self.write()
        while self.tell() {}
        self.write()
        self.file?.close()
        self.state.writerEnds()
    }

    private func usedFile() throws(SpoolFileError) -> SpoolFile {
        if let file = self.file { return file }
        let opened = try SpoolFile.open(self.path)
        self.file = opened.file
        return opened.file
    }

    private func didFail(_ error: SpoolFileError, _ consequence: String) {
        if error.reason != self.loggedFailure {
            self.loggedFailure = error.reason
            self.context.logger.error(
                "The spool's file failed. \(consequence)",
                metadata: self.place.merging(["reason": "\(error.reason)"]) { $1 }
            )
        }
        guard error.meansDamage, .now() >= self.replaceAgainAt else { return }
        // A disk that damages every file is not given one after the other.
        self.replaceAgainAt = .now() + retryDelay
        self.replaceFile()
    }

    /// Sets the damaged file aside and writes what is in memory to a new one.
    private func replaceFile() {
        do {
            if let file = self.file {
                self.file = nil
                let aside = try file.setAside()
                let lostCount = self.state.withSpool { $0.startAnew() }
                // What is in memory may be next now.
                self.state.wakeBridge()
                self.context.logger.error(
                    """
                    The spool's file is damaged. It was renamed, and a new one is begun; \(lostCount) \
                    messages for the cloud are in the old one only.
                    """,
                    metadata: self.place.merging(["renamed": "\(aside)"]) { $1 }
                )
            }
            _ = try self.usedFile()
            self.writeRetryAt = .uptimeNanoseconds(0)
            self.readRetryAt = .uptimeNanoseconds(0)
        } catch {
            self.context.logger.error(
                "There is no new file for the spool: messages for the cloud are in memory only.",
                metadata: self.place.merging(["reason": "\(error.reason)"]) { $1 }
            )
        }
    }

    private var place: Logger.Metadata { ["file": "\(self.path)"] }
}

/// A question for messages that lie in the file.
struct SpoolInquiry {
    let positions: [Int64]
    let continuation: CheckedContinuation<[SpooledMessage], any Error>
}
