import FoundationEssentials
import TestSupport
import Testing

@testable import GreengrassModel

@Suite("Hostile documents")
struct HostileDocumentTests {
    private static let documents = [
        """
        {"subscriptions": {"a": {"id": "a", "source": "arn:aws:lambda:::function:f:PROD", "subject": "x/+/#",
         "target": "component:com.example.hello"}, "b": {"id": "b", "source": "cloud",
          "subject": "x/\\u00e9\\ud83d\\ude00",
         "target": "pubsub"}}}
        """,
        """
        {"lambdaFunction": {"lambdaArn": "arn:aws:lambda:::function:f:1", "componentDependencies": {"x": {}},
         "componentLambdaParameters": {"eventSources": [{"topic": "a/#", "type": "IOT_CORE"}],
          "maxQueueSize": 1e1,
         "pubsubTopics": {"0": {"topic": "a/#", "type": "Pubsub"}}, "environmentVariables": {"A": "1"},
         "containerParams": {"memorySize": 16384.0, "volumes": [{"sourcePath": "/a",
          "destinationPath": "/b"}]}}},
         "functionConfiguration": {"Runtime": "python3.11", "Handler": "a.b", "CodeUri": ".",
          "Aliases": {"v": "1"}}}
        """,
        """
        {"thingName": "a", "mqtt": {"endpoint": "embedded", "keepAliveTimeoutMs": 60000,
         "spooler": {"maxSizeInBytes": 1}},
         "limits": {"deadLetterMaxCount": 3}, "components": ["a.json"], "legacyIPC": {"port": 0}}
        """,
    ]

    /// Pieces that a mutation puts in: what a grammar or a check may stumble over.
    private static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\u0000", "-", "1e999", "0",
            "9223372036854775808",
            "null", "true", "\n", "#", "+", "/", "$", ".", "é", "\u{2028}", "\"a\":", "component:", "arn:",
        ].map { [UInt8]($0.utf8) } + [[0xFF], [0xC3], [0x00]]

    @Test(
        "documents with random damage are read or refused, within the limits",
        arguments: 1...10 as ClosedRange<UInt64>
    )
    func mutations(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<150 {
            for (kind, document) in Self.documents.enumerated() {
                var text = [UInt8](document.utf8)
                for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&text, &random) }
                try check(text, kind: kind)
            }
        }
    }

    private func mutate(_ text: inout [UInt8], _ random: inout SplitMix64) {
        let offset = Int.random(in: 0...text.count, using: &random)
        let rest = text.count - offset
        switch Int.random(in: 0..<5, using: &random) {
        case 0: text.removeSubrange(offset..<(offset + min(rest, Int.random(in: 1...8, using: &random))))
        case 1: text.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: offset)
        case 2: text.removeSubrange(offset...)
        case 3 where rest > 0: text[offset] = UInt8.random(in: 0...255, using: &random)
        default:
            let from = Int.random(in: 0...text.count, using: &random)
            text.insert(contentsOf: Array(text[from...].prefix(40)), at: offset)
        }
    }

    private func check(_ text: [UInt8], kind: Int) throws {
        let log = DiagnosticLog(file: "f")
        if let document = DocumentFile.read(text, log: log) {
            switch kind {
            case 0:
                _ = SubscriptionTable.read(document, functions: DeployedFunctions([try .hello()]))
            case 1:
                _ = ComponentFile.read(document, folder: "/")
            default:
                var configuration = TrellisConfiguration(root: "/")
                configuration.read(document, folder: "/")
            }
        }
        #expect(log.diagnostics.count <= DiagnosticLog.countMax + 1)
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for diagnostic in log.diagnostics {
            #expect(
                diagnostic.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            )
            guard let place = diagnostic.place else { continue }
            #expect(place.line >= 1 && place.line <= lines.count)
            #expect(place.column >= 1 && place.column <= lines[place.line - 1].count + 1)
        }
    }

    @Test("reading costs time in proportion to the text", arguments: ["\n", "[],", "\\n", "é", "0,"])
    func linear(piece: String) throws {
        // With a cost that grows with the square this would take minutes.
        let count = 300_000 / piece.utf8.count
        let open = piece == "\\n" || piece == "é" ? "\"" : "["
        // The end is missing, so that the last place of the text is asked for.
        let text = open + String(repeating: piece, count: count)
        let problem = try #require(throws: JSONProblem.self) { try JSONDocument([UInt8](text.utf8)) }
        #expect(problem.place > SourcePlace(line: 1, column: 1))
    }
}
