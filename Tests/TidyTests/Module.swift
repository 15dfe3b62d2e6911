import Testing

/// A Swift module and what it may import.
struct Module: CustomTestStringConvertible {
    let name: String
    /// The project's modules that it stands on. It may import what they may.
    let buildsOn: [String]
    /// What else it may import.
    let libraries: Set<String>

    var testDescription: String { name }

    /// Every import that is allowed here.
    var allowedImports: Set<String> {
        Self.all.filter { buildsOn.contains($0.name) }
            .reduce(libraries.union(["Swift"])) { $0.union([$1.name]).union($1.allowedImports) }
    }

    private init(_ name: String, on buildsOn: [String] = [], imports libraries: Set<String> = []) {
        self.name = name
        self.buildsOn = buildsOn
        self.libraries = libraries
    }

    /// The table of `docs/architecture.md`, from the ground up: a module builds on earlier ones only.
    static let all = [
        Module("TopicRouter", imports: ["Glibc", "Synchronization"]),
        Module("EventStream", imports: ["CDeflate"]),
        Module("GreengrassModel", on: ["TopicRouter"], imports: ["FoundationEssentials"]),
        Module("Broker", on: ["TopicRouter", "GreengrassModel"], imports: infrastructure),
        Module("Store", on: ["Broker"], imports: ["GRDB", "GRDBSQLite"]),
        Module("Components", on: ["Broker"]),
        Module("MQTTBridge", on: ["Broker", "Store"], imports: ["CMosquitto"]),
        Module("LambdaRuntimes", imports: ["FoundationEssentials", "Glibc"]),
        Module("CodePackages", imports: ["CZip", "FoundationEssentials", "Glibc"]),
        Module("LambdaLauncher", imports: infrastructure),
        Module("LambdaManager", on: ["Components", "LambdaLauncher"]),
        Module("ComponentRunner", on: ["LambdaManager"]),
        Module("LambdaIPC", on: ["LambdaManager"], imports: ["NIOHTTP1"]),
        Module("ComponentIPC", on: ["Components", "EventStream"]),
        Module(
            "ControlAPI",
            on: ["ComponentRunner", "LambdaManager", "Components"],
            imports: ["HTTPTypes", "Hummingbird", "ServiceLifecycle"]
        ),
        Module(
            "TrellisDaemon",
            on: [
                "CodePackages", "ComponentIPC", "ControlAPI", "LambdaIPC", "LambdaRuntimes", "MQTTBridge",
                "Store",
            ],
            imports: ["ServiceLifecycle", "UnixSignals"]
        ),
        Module("trellis", on: ["TrellisDaemon"], imports: ["ArgumentParser"]),
    ]

    /// What every module from Broker upward may use.
    private static let infrastructure: Set<String> = [
        "FoundationEssentials", "Glibc", "Logging", "NIOConcurrencyHelpers", "NIOCore", "NIOPosix",
        "Synchronization",
    ]
}
