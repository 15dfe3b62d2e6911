import ArgumentParser
import Components
import ControlAPI
import FoundationEssentials
import NIOHTTP1

/// `trellis deadletter`.
struct DeadLetterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deadletter",
        abstract: "Shows what could not be delivered, sends it again or drops it.",
        discussion:
            "They survive restarts. limits.deadLetter… of trellis.json says how many; the oldest go first.",
        subcommands: [
            DeadLetterListCommand.self, DeadLetterShowCommand.self, DeadLetterRedriveCommand.self,
            DeadLetterDropCommand.self,
        ]
    )
}

/// `trellis deadletter list`.
struct DeadLetterListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists dead letters, oldest first, each with its reason.",
        discussion: "Example: trellis deadletter list"
    )

    @OptionGroup var options: RootOptions

    @Flag(name: .long, help: "Write JSON for programs.")
    var json = false

    func run() async throws {
        let reports = try await options.client().deadLetters()
        guard !json else { return try Output.json(reports.map { ReadableReport($0) }) }
        if reports.isEmpty {
            Output.line("no dead letters")
        }
        for report in reports {
            let time = Timestamp.text(millisecondsSinceEpoch: report.millisecondsSinceEpoch)
            let what = report.isInvocation ? "invocation" : report.topic
            Output.line(
                """
                \(report.number)  \(time)  \(report.source) \(what) → \(report.target), \
                \(report.payloadBytes) bytes: \(report.reason)
                """.printableRecord
            )
        }
    }
}

/// `trellis deadletter show`.
struct DeadLetterShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one dead letter with its payload.",
        discussion: "Example: trellis deadletter show 17"
    )

    @OptionGroup var options: RootOptions

    @Argument(help: "Its number, as deadletter list shows it.")
    var number: UInt64

    @Flag(name: .long, help: "Write JSON for programs; a payload that is no text is in base64.")
    var json = false

    func run() async throws {
        let answer = try await options.client().call(
            .GET,
            ControlPath.deadLetters,
            parameters: ["number": "\(number)"]
        )
        let report = try answer.decoded(as: DeadLetterReport.self)
        guard !json else { return try Output.json(ReadableReport(report)) }
        Output.line(
            """
            number   \(report.number)
            time     \(Timestamp.text(millisecondsSinceEpoch: report.millisecondsSinceEpoch))
            source   \(report.source.printableRecord)
            \(report.isInvocation ? "invokes" : "topic  ")  \(report.topic.printableRecord)
            target   \(report.target)
            reason   \(report.reason.printableRecord)
            payload  \(report.payloadBytes) bytes

            """
        )
        Output.foreign(report.payload ?? Data())
        Output.line("")
    }
}

/// `trellis deadletter redrive`.
struct DeadLetterRedriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Offers dead letters to their targets once more.",
        discussion: """
            Example: trellis deadletter redrive 17 18
                     trellis deadletter redrive --all

            A letter goes to the one target that did not get it, past the subscriptions. One that is not \
            taken stays where it is, and the command exits with 1.
            """
    )

    @OptionGroup var options: RootOptions
    @OptionGroup var letters: LetterNumbers

    func run() async throws {
        try await letters.post(ControlPath.redrive, options, done: "sent")
    }
}

/// `trellis deadletter drop`.
struct DeadLetterDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Forgets dead letters.",
        discussion: """
            Example: trellis deadletter drop 17
                     trellis deadletter drop --all
            """
    )

    @OptionGroup var options: RootOptions
    @OptionGroup var letters: LetterNumbers

    func run() async throws {
        try await letters.post(ControlPath.drop, options, done: "dropped")
    }
}

/// Which letters a command is about.
struct LetterNumbers: ParsableArguments {
    @Argument(help: "Their numbers, as deadletter list shows them.")
    var numbers: [UInt64] = []

    @Flag(name: .long, help: "Every letter that is kept now, oldest first.")
    var all = false

    func validate() throws {
        guard all == numbers.isEmpty else { throw ValidationError("give numbers, or --all") }
    }

    /// Calls for each letter, goes on after errors, and fails if there was one.
    func post(_ path: String, _ options: RootOptions, done: String) async throws {
        let client = try options.client()
        let numbers = all ? try await client.deadLetters().map(\.number) : numbers
        var doneCount = 0
        for number in numbers {
            do {
                _ = try await client.call(.POST, path, parameters: ["number": "\(number)"])
                doneCount += 1
            } catch let error as ControlError {
                Output.error("\(number): \(error.message)")
            }
        }
        Output.line("\(done): \(doneCount) of \(numbers.count)")
        guard doneCount == numbers.count else { throw ExitCode.failure }
    }
}

extension ControlClient {
    fileprivate func deadLetters() async throws -> [DeadLetterReport] {
        try await call(.GET, ControlPath.deadLetters).decoded()
    }
}
