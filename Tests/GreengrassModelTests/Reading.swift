import FoundationEssentials
import TopicRouter

@testable import GreengrassModel

/// What reading a text gave: a value, if it can be used, and one line for each thing there is to say.
struct Outcome<Value> {
    let value: Value?
    let lines: [String]
}

/// Reads `text` as the file called `file`.
func read<Value>(_ text: String, as file: String, _ body: (DocumentNode) -> Value?) -> Outcome<Value> {
    let log = DiagnosticLog(file: file)
    let value = DocumentFile.read([UInt8](text.utf8), log: log).flatMap(body)
    return Outcome(value: log.hasErrors ? nil : value, lines: log.diagnostics.map(\.description))
}

func readSubscriptions(
    _ text: String,
    components: [LambdaComponent]? = nil
) throws -> Outcome<SubscriptionTable> {
    let components = try components ?? [.hello(), .other()]
    return read(text, as: "subscriptions.json") {
        SubscriptionTable.read($0, functions: DeployedFunctions(components))
    }
}

/// One row, in a file that has nothing else.
func readRow(
    source: String,
    subject: String = "a",
    target: String,
    spool: String? = nil,
    components: [LambdaComponent]? = nil
) throws -> Outcome<ResolvedSubscription> {
    let more = spool.map { #","spool":\#($0)"# } ?? ""
    let row = #"{"id":"r","source":"\#(source)","subject":"\#(subject)","target":"\#(target)"\#(more)}"#
    let table = try readSubscriptions(#"{"subscriptions":{"r":\#(row)}}"#, components: components)
    return Outcome(value: table.value?.rows.first, lines: table.lines)
}

func functionARN(_ name: String, _ version: Int) throws -> FunctionARN {
    try FunctionARN("arn:aws:lambda:eu-central-1:123456789012:function:\(name):\(version)")
}

extension LambdaComponent {
    static func hello(
        version: Int = 2,
        aliases: [String: String] = ["PROD": "2"],
        eventSources: [EventSource] = []
    ) throws -> LambdaComponent {
        try make("hello", version, aliases, eventSources)
    }

    static func other(eventSources: [EventSource] = []) throws -> LambdaComponent {
        try make("other", 1, [:], eventSources)
    }

    private static func make(
        _ name: String,
        _ version: Int,
        _ aliases: [String: String],
        _ eventSources: [EventSource]
    ) throws -> LambdaComponent {
        var component = LambdaComponent(
            name: try ComponentName("com.example.\(name)"),
            version: "\(version).0.0",
            arn: try functionARN(name, version),
            runtime: "python3.11",
            handler: FunctionHandler("app.handler")!,
            code: .folder("/code"),
            aliases: aliases
        )
        component.parameters.eventSources = eventSources
        return component
    }
}
