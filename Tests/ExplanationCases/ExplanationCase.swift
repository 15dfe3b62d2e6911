/// A question, the documents and conditions that it is asked under, and the answer.
///
/// Plain data without any type of the project, so that a daemon can be asked the same.
package struct ExplanationCase: Sendable, CustomStringConvertible {
    /// A row of `subscriptions.json`.
    package struct Row: Sendable {
        package var id: String
        package var source: String
        package var subject: String
        package var target: String

        package init(_ id: String, _ source: String, _ subject: String, _ target: String) {
            (self.id, self.source, self.subject, self.target) = (id, source, subject, target)
        }

        package var json: String {
            #""\#(id)": {"id": "\#(id)", "source": "\#(source)", "subject": "\#(subject)", "#
                + #""target": "\#(target)"}"#
        }
    }

    /// A component file.
    package struct Function: Sendable {
        var name: String
        var version = 1
        var component: String?
        var aliases: [String: Int] = [:]
        /// Types and topics.
        var eventSources: [(type: String, topic: String)] = []

        package init(
            _ name: String,
            version: Int = 1,
            component: String? = nil,
            aliases: [String: Int] = [:],
            eventSources: [(type: String, topic: String)] = []
        ) {
            (self.name, self.version, self.component, self.aliases) = (name, version, component, aliases)
            self.eventSources = eventSources
        }

        package var json: String {
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
    package enum Cloud: Sendable {
        case on, off
        case down(String)
    }

    /// What a daemon knows of itself.
    package struct Live: Sendable {
        package var cloud = Cloud.on
        package var spoolIsFull: String?
        /// By the names of the functions, which all have version 1.
        package var functions: [String: (state: String, queueIsFull: String?)] = [:]
        /// Brokers without a connection, with the state of the link.
        package var downLinks: [String: String] = [:]
    }

    /// The answer; of lists of sentences only the first is given.
    package struct Answer: Sendable {
        package var outcome: String
        /// The ids of rows and mappings; of event sources the types and components.
        package var matches: [String] = []
        /// Of the matches that can't take the message.
        package var problem: String?
        package var fix: String?
        /// Of any match.
        package var remark: String?
        package var note: String?
        package var nearest: [String] = []
        package var reason: String?
        package var nearestFix: String?

        package init(
            outcome: String,
            matches: [String] = [],
            problem: String? = nil,
            fix: String? = nil,
            remark: String? = nil,
            note: String? = nil,
            nearest: [String] = [],
            reason: String? = nil,
            nearestFix: String? = nil
        ) {
            (self.outcome, self.matches, self.problem, self.fix) = (outcome, matches, problem, fix)
            (self.remark, self.note) = (remark, note)
            (self.nearest, self.reason, self.nearestFix) = (nearest, reason, nearestFix)
        }
    }

    package static let usualFunctions = [Function("sensor"), Function("siren")]

    package static let all = table + targets + buses + mappings

    package var name: String
    package var rows: [Row]
    package var functions: [Function]
    /// What `mqtt` holds in `trellis.json`.
    package var mqtt: String
    /// What `mqttTopicMapping` holds there; there is a broker `Near` for it.
    package var mapping: String
    /// `nil`: only the files are asked.
    package var live: Live?
    package var source: String
    package var topic: String
    package var answer: Answer

    package init(
        name: String,
        rows: [Row] = [],
        functions: [Function] = usualFunctions,
        mqtt: String = "{}",
        mapping: String = "{}",
        live: Live? = nil,
        source: String = "com.example.sensor",
        topic: String = "room/1/temperature",
        answer: Answer
    ) {
        (self.name, self.rows, self.functions, self.mqtt) = (name, rows, functions, mqtt)
        (self.mapping, self.live) = (mapping, live)
        (self.source, self.topic, self.answer) = (source, topic, answer)
    }

    package var description: String { name }

    /// Whether a daemon with the usual functions, and nothing known against it, can be asked.
    package var isUsual: Bool {
        live == nil && mqtt == "{}" && mapping == "{}"
            && functions.map(\.json) == Self.usualFunctions.map(\.json)
    }

    /// The documents, by their paths; the component files name the folder that they lie in as their code.
    package var files: [String: String] {
        let paths = functions.map { "\($0.name)-\($0.version)/component.json" }
        var files = Dictionary(uniqueKeysWithValues: zip(paths, functions.map(\.json)))
        let list = paths.map { "\"\($0)\"" }.joined(separator: ", ")
        files["trellis.json"] = """
            {"components": [\(list)], "subscriptions": "subscriptions.json", "mqtt": \(mqtt),
             "mqttEndpoints": {"Near": {"endpoint": "near.example.com"}}, "mqttTopicMapping": \(mapping)}
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
package func arn(_ name: String, _ version: Int = 1) -> String {
    "arn:aws:lambda:eu-central-1:123456789012:function:\(name):\(version)"
}
