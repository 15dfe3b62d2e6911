import Testing

/// A question, the documents and conditions that it is asked under, and the answer.
///
/// Plain data without any type of the project, so that a daemon can be asked the same.
struct ExplanationCase: Sendable, CustomTestStringConvertible {
    /// A row of `subscriptions.json`.
    struct Row: Sendable {
        var id: String
        var source: String
        var subject: String
        var target: String

        init(_ id: String, _ source: String, _ subject: String, _ target: String) {
            (self.id, self.source, self.subject, self.target) = (id, source, subject, target)
        }

        var json: String {
            #""\#(id)": {"id": "\#(id)", "source": "\#(source)", "subject": "\#(subject)", "#
                + #""target": "\#(target)"}"#
        }
    }

    /// A component file.
    struct Function: Sendable {
        var name: String
        var version = 1
        var component: String?
        var aliases: [String: Int] = [:]
        /// Types and topics.
        var eventSources: [(type: String, topic: String)] = []

        init(
            _ name: String,
            version: Int = 1,
            component: String? = nil,
            aliases: [String: Int] = [:],
            eventSources: [(type: String, topic: String)] = []
        ) {
            (self.name, self.version, self.component, self.aliases) = (name, version, component, aliases)
            self.eventSources = eventSources
        }

        var json: String {
            let sources = eventSources.map { #"{"type": "\#($0.type)", "topic": "\#($0.topic)"}"# }
            let aliases = aliases.map { #""\#($0)": "\#($1)""# }.sorted()
            return """
                {"lambdaFunction": {
                   "lambdaArn": "\(arn(name, version))",
                   "componentName": "\(component ?? "com.example.\(name)")",
                   "componentLambdaParameters": {"eventSources": [\(sources.joined(separator: ", "))],
                     "linuxProcessParams": {"isolationMode": "NoContainer"}}},
                 "functionConfiguration": {"Runtime": "python3.11", "Handler": "app.handler", "CodeUri": ".",
                   "Aliases": {\(aliases.joined(separator: ", "))}}}
                """
        }
    }

    /// How the cloud stands in a daemon.
    enum Cloud: Sendable {
        case on, off
        case down(String)
    }

    /// What a daemon knows of itself.
    struct Live: Sendable {
        var cloud = Cloud.on
        var spoolIsFull: String?
        /// By the names of the functions, which all have version 1.
        var functions: [String: (state: String, queueIsFull: String?)] = [:]
    }

    /// The answer; of lists of sentences only the first is given.
    struct Answer: Sendable {
        var outcome: String
        /// The ids of rows; of event sources the types and components.
        var matches: [String] = []
        /// Of the matches that can't take the message.
        var problem: String?
        var fix: String?
        /// Of any match.
        var remark: String?
        var note: String?
        var nearest: [String] = []
        var reason: String?
        var nearestFix: String?
    }

    static let all = table + targets + buses

    var name: String
    var rows: [Row] = []
    var functions = [Function("sensor"), Function("siren")]
    /// What `mqtt` holds in `trellis.json`.
    var mqtt = "{}"
    /// `nil`: only the files are asked.
    var live: Live?
    var source = "com.example.sensor"
    var topic = "room/1/temperature"
    var answer: Answer

    var testDescription: String { name }

    /// The documents, by their paths; the component files name the folder that they lie in as their code.
    var files: [String: String] {
        let paths = functions.map { "\($0.name)-\($0.version)/component.json" }
        var files = Dictionary(uniqueKeysWithValues: zip(paths, functions.map(\.json)))
        let list = paths.map { "\"\($0)\"" }.joined(separator: ", ")
        files["trellis.json"] = """
            {"components": [\(list)], "subscriptions": "subscriptions.json", "mqtt": \(mqtt)}
            """
        files["subscriptions.json"] = """
            {"subscriptions": {
            \(rows.map(\.json).joined(separator: ",\n"))
            }}
            """
        return files
    }
}

/// The ARN of a function of the cases.
func arn(_ name: String, _ version: Int = 1) -> String {
    "arn:aws:lambda:eu-central-1:123456789012:function:\(name):\(version)"
}
