import ArgumentParser
import Broker
import Components
import ControlAPI
import FoundationEssentials
import GreengrassModel
import NIOHTTP1
import TopicRouter

/// `trellis spool`.
struct SpoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool",
        abstract: "Shows and cleans up what waits for the cloud, or for another broker.",
        discussion: """
            mqtt.spooler of trellis.json says where messages wait and how many may; the object spool of a \
            row in subscriptions.json says how. With --link the commands are about what waits for a broker \
            of mqttEndpoints.
            """,
        subcommands: [
            SpoolListCommand.self, SpoolPeekCommand.self, SpoolPurgeCommand.self, SpoolExportCommand.self,
        ]
    )
}

/// Whose spool a command is about.
struct SpoolLink: ParsableArguments {
    @Option(
        name: .long,
        help: "The broker of mqttEndpoints that the messages wait for; by default the cloud."
    )
    var link: String?

    /// What every call about this spool has.
    var parameters: [String: String] {
        link.map { ["link": $0] } ?? [:]
    }
}

/// Which messages a command is about.
struct SpoolSelection: ParsableArguments {
    @Option(name: [.short, .long], help: "Only messages whose topics this filter matches.")
    var topic: String?

    func validate() throws {
        if let topic {
            do { _ = try TopicFilter(topic) } catch { throw ValidationError("\(error)") }
        }
    }

    /// Calls `body` for each message that waits, by ascending numbers; those that come meanwhile may be left
    /// out.
    func forEach(
        of link: SpoolLink,
        _ client: ControlClient,
        withPayload: Bool = false,
        _ body: (SpooledMessageReport) throws -> Void
    ) async throws {
        let filter = try topic.map { try TopicFilter($0) }
        var parameters = link.parameters
        parameters["after"] = "0"
        if withPayload { parameters["payload"] = "true" }
        while true {
            let answer = try await client.call(.GET, ControlPath.spool, parameters: parameters)
            let page = try answer.decoded(as: [SpooledMessageReport].self)
            guard let last = page.last else { return }
            for report in page {
                if let filter, let topic = try? TopicName(report.topic), !filter.matches(topic) { continue }
                try body(report)
            }
            parameters["after"] = "\(last.number)"
        }
    }
}

/// `trellis spool list`.
struct SpoolListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the messages that wait for the cloud, in the order in which they came.",
        discussion: """
            Example: trellis spool list
                     trellis spool list --topic 'readings/#'
                     trellis spool list --link LocalMqtt

            Higher priorities are sent first; trellis spool peek shows the next one.
            """
    )

    @OptionGroup var options: RootOptions
    @OptionGroup var link: SpoolLink
    @OptionGroup var selection: SpoolSelection

    @Flag(name: .long, help: "Write JSON for programs.")
    var json = false

    func run() async throws {
        var all: [ReadableReport<SpooledMessageReport>] = []
        var isEmpty = true
        try await selection.forEach(of: link, try options.client()) { report in
            isEmpty = false
            if json {
                all.append(ReadableReport(report))
            } else {
                Output.line(report.line.printableRecord)
            }
        }
        if json { return try Output.json(all) }
        if isEmpty { Output.line("no messages wait") }
    }
}

/// `trellis spool peek`.
struct SpoolPeekCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peek",
        abstract: "Shows one message with its payload, by default the next to be sent.",
        discussion: """
            Example: trellis spool peek
                     trellis spool peek 17
            """
    )

    @OptionGroup var options: RootOptions
    @OptionGroup var link: SpoolLink

    @Argument(help: "Its number, as spool list shows it.")
    var number: Int64?

    @Flag(name: .long, help: "Write JSON for programs; a payload that is no text is in base64.")
    var json = false

    func run() async throws {
        var parameters = link.parameters
        parameters["number"] = number.map { "\($0)" }
        let answer = try await options.client().call(
            .GET,
            ControlPath.spooledMessage,
            parameters: parameters
        )
        let report = try answer.decoded(as: SpooledMessageReport.self)
        guard !json else { return try Output.json(ReadableReport(report)) }
        Output.line(
            """
            number    \(report.number)\(report.isSent ? ", on its way" : "")
            time      \(Timestamp.text(millisecondsSinceEpoch: report.millisecondsSinceEpoch))
            source    \(report.source.printableRecord)
            topic     \(report.topic.printableRecord)
            QoS       \(report.qos)
            priority  \(report.priority)
            payload   \(report.payloadBytes) bytes

            """
        )
        Output.foreign(report.payload ?? Data())
        Output.line("")
    }
}

/// `trellis spool purge`.
struct SpoolPurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Forgets messages that wait for the cloud; they become no dead letters.",
        discussion: """
            Example: trellis spool purge 17 18
                     trellis spool purge --topic 'readings/#'
                     trellis spool purge --all

            What is on its way already is left alone. trellis spool export keeps a copy.
            """
    )

    @OptionGroup var options: RootOptions
    @OptionGroup var link: SpoolLink
    @OptionGroup var selection: SpoolSelection

    @Argument(help: "Their numbers, as spool list shows them.")
    var numbers: [Int64] = []

    @Flag(name: .long, help: "Every message that waits.")
    var all = false

    func validate() throws {
        let given = [!numbers.isEmpty, selection.topic != nil, all].filter(\.self).count
        guard given == 1 else { throw ValidationError("give numbers, or --topic, or --all") }
    }

    func run() async throws {
        var parameters = link.parameters
        if all { parameters["all"] = "true" }
        if !numbers.isEmpty { parameters["numbers"] = numbers.map(String.init).joined(separator: ",") }
        parameters["topic"] = selection.topic
        let answer = try await options.client().call(.POST, ControlPath.purgeSpool, parameters: parameters)
        let count = try answer.decoded(as: PurgeReport.self).count
        Output.line(numbers.isEmpty ? "purged: \(count)" : "purged: \(count) of \(numbers.count)")
        guard numbers.isEmpty || count == numbers.count else { throw ExitCode.failure }
    }
}

/// `trellis spool export`.
struct SpoolExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes the messages that wait for the cloud, a JSON object a line.",
        discussion: """
            Example: trellis spool export > messages.jsonl
                     trellis spool export --topic 'readings/#' | gzip > readings.jsonl.gz

            The messages stay where they are. A payload is in "payload" when it is text, else in base64 in \
            "payloadBase64".
            """
    )

    @OptionGroup var options: RootOptions
    @OptionGroup var link: SpoolLink
    @OptionGroup var selection: SpoolSelection

    func run() async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try await selection.forEach(of: link, try options.client(), withPayload: true) { report in
            Output.line(String(decoding: try encoder.encode(ReadableReport(report)), as: UTF8.self))
        }
    }
}

extension SpooledMessageReport {
    /// The message for people.
    fileprivate var line: String {
        var words = ["\(payloadBytes) bytes", "QoS \(qos)"]
        if priority != SpoolPolicy.defaultPriority { words.append("priority \(priority)") }
        if let ttl { words.append("ttl \(ttl) s") }
        if isSent { words.append("on its way") }
        let time = Timestamp.text(millisecondsSinceEpoch: millisecondsSinceEpoch)
        return "\(number)  \(time)  \(source) \(topic), \(words.joined(separator: ", "))"
    }
}
