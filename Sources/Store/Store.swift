package import Broker
internal import GRDB
package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// Keeps what must survive a restart, in the file `state.db`: dead letters, the work that waited for
/// functions when the daemon ended, and what components wrote to their configuration.
///
/// What can't be kept on the disk never stops anything else: the daemon goes on, and `status` and the log say
/// so. Any thread may call it.
package final class Store: DeadLetterStore {
    /// The file's name in the root folder.
    package static let fileName = "state.db"

    private let writer: StoreWriter?
    private let contents: NIOLockedValueBox<StateFile.Contents>
    /// Why there is no file.
    private let problem: String?
    private let logger: Logger

    /// Opens the file in `folder`, which is made unless it is there, and reads it.
    ///
    /// One that is damaged is renamed and never deleted, and an empty one takes its place. Without a file,
    /// everything is in memory only.
    ///
    /// - Parameters:
    ///   - folder: The daemon's root.
    ///   - pageCountMax: The most pages of 4 KiB that the file may have, for tests; `nil` as many as there is
    ///     room for.
    ///   - eventLoop: Where the next try waits after a failure.
    ///   - logger: Gets what goes wrong.
    package init(folder: String, pageCountMax: Int? = nil, eventLoop: any EventLoop, logger: Logger) {
        let file = StateFile(path: "\(folder)/\(Self.fileName)", pageCountMax: pageCountMax)
        self.logger = logger
        do {
            let (database, contents) = try Self.open(file, logger: logger)
            self.writer = StoreWriter(database: database, eventLoop: eventLoop, logger: logger)
            self.contents = NIOLockedValueBox(contents)
            self.problem = nil
        } catch {
            let problem = "\(file.path) can't be used: \(StateFailure(error: error).reason)"
            logger.warning(
                """
                \(problem). Dead letters, waiting work and what components write to their configuration are \
                in memory only, and lost when the daemon ends; \(Self.advice(for: error))
                """
            )
            self.writer = nil
            self.contents = NIOLockedValueBox(StateFile.Contents())
            self.problem = problem
        }
    }

    private static func open(_ file: StateFile, logger: Logger) throws -> (DatabaseQueue, StateFile.Contents)
    {
        do {
            return try file.open()
        } catch  where StateFailure(error: error).meansDamage {
            let place = try file.setAside()
            let reason = StateFailure(error: error).reason
            logger.error(
                """
                \(file.path) is damaged: \(reason). It was renamed to \(place), and a new one is begun: \
                dead letters, waiting work and configurations of before are in there only
                """
            )
            return try file.open()
        }
    }

    private static func advice(for error: any Error) -> String {
        switch error {
        case StateError.newer: "run that version, or move the file away; it was left as it is"
        default: "see to it, and start the daemon again"
        }
    }

    /// Whether what is to survive a restart is on the disk.
    package var status: StoreStatus {
        guard let writer else { return StoreStatus(problem: problem, unwrittenCount: 0) }
        let (failure, unwrittenCount) = writer.progress
        return StoreStatus(
            problem: failure.map { "\(Self.fileName) can't be written: \($0)" },
            unwrittenCount: unwrittenCount
        )
    }

    package func restore() -> (letters: [DeadLetter], lastNumber: UInt64) {
        contents.withLockedValue { contents in
            defer { contents.letters = [] }
            return (contents.letters, contents.lastNumber)
        }
    }

    package func keep(_ letter: DeadLetter) {
        writer?.note { $0.keep(letter) }
    }

    package func forget(_ number: UInt64) {
        writer?.note { $0.forget(number) }
    }

    /// The work that waited when the daemon ended, in its order; the file keeps each piece until `didFinish`
    /// or `close`.
    ///
    /// Handed out once.
    package func takeWaitingWork() -> [WaitingWork] {
        contents.withLockedValue { contents in
            defer { contents.waitingWork = [] }
            return contents.waitingWork
        }
    }

    /// A piece of work that `takeWaitingWork` handed out needs no keeping any more.
    package func didFinish(_ invocationID: String) {
        writer?.note { $0.finish(invocationID) }
    }

    /// What `keepConfiguration` kept before the start, by component.
    ///
    /// Handed out once.
    package func restoreConfigurations() -> [String: String] {
        contents.withLockedValue { contents in
            defer { contents.configurations = [:] }
            return contents.configurations
        }
    }

    /// Keeps a component's configuration in place of the one before; `nil` keeps none.
    ///
    /// `text` is called when it is written, on the thread that writes.
    package func keepConfiguration(of component: String, _ text: @escaping @Sendable () -> String?) {
        writer?.note { $0.keepConfiguration(of: component, text) }
    }

    /// Waits until what came so far is written, or could not be.
    package func flush() async {
        await writer?.flush()
    }

    /// Writes everything, with `work` as what waits now, and closes the file.
    ///
    /// What comes later is not kept. What could not be written is told to the log.
    package func close(keeping work: [WaitingWork]) async {
        guard let writer else {
            if !work.isEmpty {
                logger.error("\(work.count) events that waited for functions are lost: \(problem ?? "")")
            }
            return
        }
        let (workProblem, unwritten) = await writer.close(keeping: work)
        if let workProblem, !work.isEmpty {
            logger.error("\(work.count) events that waited for functions are lost: \(workProblem)")
        }
        if !unwritten.letters.isEmpty {
            let count = unwritten.letters.count
            logger.error("\(count) dead letters could not be written to \(Self.fileName) and are lost")
        }
        if !unwritten.configurations.isEmpty {
            let names = unwritten.configurations.keys.sorted().joined(separator: ", ")
            logger.error(
                "the last changes to the configuration of \(names) could not be written and are lost"
            )
        }
    }
}
