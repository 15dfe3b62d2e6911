import FoundationEssentials
import TestSupport
import Testing

@testable import GreengrassModel

@Suite("docs/configuration.md")
struct DocumentationTests {
    private let page: String

    init() throws {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        page = String(
            decoding: try Data(contentsOf: root.appending(path: "docs/configuration.md")),
            as: UTF8.self
        )
    }

    /// The JSON blocks of the page: subscriptions, a component file, a configuration, mappings, and what
    /// components may do.
    private var examples: [String] {
        page.split(separator: "```json\n").dropFirst().map { String($0.prefix { $0 != "`" }) }
    }

    @Test("the examples are right")
    func rightExamples() throws {
        #expect(examples.count == 5)
        let folder = try TemporaryFolder([
            "s.json": examples[0], "hello/component.json": examples[1], "hello/function/app.py": "",
            "siren/component.json": examples[1].replacing("hello", with: "siren"),
            "siren/function/app.py": "",
            "trellis.json": examples[2], "subscriptions.json": #"{"subscriptions": {}}"#,
        ])
        #expect(Deployment.check([folder.path + "/s.json"]) == [])
        let deployment = try Deployment.load(in: folder.path)
        #expect(deployment.warnings == [])
        #expect(deployment.components.count == 2)
        #expect(deployment.configuration.thingName == "gateway-7")
        let mappings = try TemporaryFolder(["trellis.json": examples[3]])
        let mapped = try Deployment.load(in: mappings.path)
        #expect(mapped.warnings == [])
        #expect(mapped.configuration.topicMappings.map(\.id) == ["sensors-up", "commands-down"])
        let access = try TemporaryFolder(["trellis.json": examples[4]])
        let (settings, warnings) = try ComponentSettings.load(access.path + "/trellis.json")
        #expect(warnings == [])
        #expect(settings.policies.map(\.resources) == [["sensors/{iot:thingName}/*"]])
        #expect(settings.configurations.map(\.component) == ["com.example.Sensor"])
    }

    @Test("the defaults are those of the program")
    func defaults() {
        let limits = Limits()
        for (key, value) in [
            ("queueMaxSizeInBytes", limits.queueBytesMax),
            ("allQueuesMaxSizeInBytes", limits.allQueuesBytesMax),
            ("deadLetterMaxCount", limits.deadLetterCountMax),
            ("deadLetterMaxSizeInBytes", limits.deadLetterBytesMax),
            ("maxInFlightPublishes", MQTTSettings().maxInFlightPublishes),
            ("maxMessageSizeInBytes", MQTTSettings().maxMessageSizeBytes),
            ("spooler.maxSizeInBytes", MQTTSettings().spoolerMaxSizeBytes),
            ("maxQueueSize", LambdaParameters().maxQueueSize),
            ("maxInstancesCount", LambdaParameters().maxInstancesCount),
        ] {
            #expect(page.contains("| `\(key)` | \(value) "))
        }
    }
}
