// swift-tools-version:6.3
import PackageDescription

let nio = { (name: String) in Target.Dependency.product(name: name, package: "swift-nio") }
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "trellis",
    products: [
        .library(name: "TopicRouter", targets: ["TopicRouter"]),
        .library(name: "Broker", targets: ["Broker", "GreengrassModel", "TopicRouter"]),
        .executable(name: "trellis", targets: ["trellis"]),
        .executable(name: "trellis-launcher", targets: ["trellis-launcher"]),
        // For the benchmarks, which see no more of the other targets than everybody else.
        .executable(name: "SpoolSpeed", targets: ["SpoolSpeed"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin.git", from: "1.5.0"),
    ],
    targets: [
        .target(name: "TopicRouter"),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .target(name: "EventStream", dependencies: ["CDeflate"]),
        .target(name: "GreengrassModel", dependencies: ["TopicRouter"]),
        .target(
            name: "Broker",
            dependencies: [
                "TopicRouter", "GreengrassModel", nio("NIOConcurrencyHelpers"), nio("NIOCore"), logging,
            ]
        ),
        .target(
            name: "Store",
            dependencies: [
                "Broker", nio("NIOConcurrencyHelpers"), nio("NIOCore"), logging,
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]
        ),
        .target(
            name: "Components",
            dependencies: ["Broker", nio("NIOConcurrencyHelpers"), nio("NIOCore"), logging]
        ),
        .systemLibrary(
            name: "CMosquitto",
            pkgConfig: "libmosquitto",
            providers: [.apt(["libmosquitto-dev"])]
        ),
        .target(
            name: "MQTTBridge",
            dependencies: [
                "Broker", "CMosquitto", "Store", nio("NIOConcurrencyHelpers"), nio("NIOCore"), logging,
            ]
        ),
        .target(name: "LambdaRuntimes", resources: [.embedInCode("Python")]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .target(name: "CodePackages", dependencies: ["CZip"]),
        .executableTarget(
            name: "trellis-launcher",
            cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)],
            // Swift's driver links it, but it is C: without Swift's libraries, which take a millisecond to
            // load and 300 KB in each guard that a fork server makes.
            linkerSettings: [
                .unsafeFlags(["-enable-experimental-feature", "Embedded", "-wmo", "-nostartfiles"])
            ]
        ),
        .target(
            name: "LambdaLauncher",
            dependencies: [nio("NIOConcurrencyHelpers"), nio("NIOCore"), nio("NIOPosix"), logging]
        ),
        .target(
            name: "LambdaManager",
            dependencies: ["Components", "LambdaLauncher"]
        ),
        .target(name: "ComponentRunner", dependencies: ["LambdaManager"]),
        .target(
            name: "LambdaIPC",
            dependencies: [
                "LambdaManager", nio("NIOConcurrencyHelpers"), nio("NIOCore"), nio("NIOHTTP1"),
                nio("NIOPosix"),
                logging,
            ]
        ),
        .target(
            name: "ComponentIPC",
            dependencies: [
                "Components", "EventStream", nio("NIOConcurrencyHelpers"), nio("NIOCore"), nio("NIOPosix"),
                logging,
            ]
        ),
        .target(
            name: "ControlAPI",
            dependencies: [
                "ComponentRunner", "LambdaManager", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"), logging,
            ]
        ),
        .target(
            name: "TrellisDaemon",
            dependencies: [
                "CodePackages", "ComponentIPC", "ControlAPI", "LambdaIPC", "LambdaRuntimes", "MQTTBridge",
                "Store",
                nio("NIOPosix"), logging,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .executableTarget(
            name: "trellis",
            dependencies: [
                "TrellisDaemon", nio("NIOHTTP1"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(
            name: "SpoolSpeed",
            dependencies: [
                "Broker", "MQTTBridge", nio("NIOConcurrencyHelpers"), nio("NIOCore"), nio("NIOPosix"),
                logging, .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            path: "Benchmarks/Sources/SpoolSpeed"
        ),
        .target(
            name: "CAllocationCount",
            path: "Tests/CAllocationCount",
            cSettings: [.treatAllWarnings(as: .error)]
        ),
        .target(
            name: "CTestSupport",
            path: "Tests/CTestSupport",
            cSettings: [.treatAllWarnings(as: .error)]
        ),
        .target(
            name: "TestSupport",
            dependencies: ["CTestSupport", "EventStream", nio("NIOConcurrencyHelpers")],
            path: "Tests/TestSupport"
        ),
        .testTarget(
            name: "TopicRouterTests",
            dependencies: ["TopicRouter", "CMosquitto", "CAllocationCount", "TestSupport"]
        ),
        .testTarget(name: "EventStreamTests", dependencies: ["EventStream", "TestSupport"]),
        .target(name: "ExplanationCases", path: "Tests/ExplanationCases"),
        .testTarget(
            name: "GreengrassModelTests",
            dependencies: ["GreengrassModel", "ExplanationCases", "TestSupport"]
        ),
        .testTarget(name: "BrokerTests", dependencies: ["Broker"]),
        .testTarget(name: "StoreTests", dependencies: ["Store", "TestSupport", nio("NIOPosix")]),
        .testTarget(
            name: "ComponentsTests",
            dependencies: [
                "Components", "TestSupport", nio("NIOConcurrencyHelpers"), nio("NIOEmbedded"), logging,
            ]
        ),
        .testTarget(name: "LambdaRuntimesTests", dependencies: ["LambdaRuntimes", "TestSupport"]),
        .testTarget(name: "CodePackagesTests", dependencies: ["CodePackages", "TestSupport"]),
        .testTarget(
            name: "LambdaLauncherTests",
            dependencies: [
                "LambdaLauncher", "LambdaRuntimes", "TestSupport", "trellis-launcher",
                nio("NIOConcurrencyHelpers"), nio("NIOCore"), nio("NIOPosix"), logging,
            ]
        ),
        .testTarget(
            name: "MQTTBridgeTests",
            dependencies: ["MQTTBridge", "TestSupport", nio("NIOPosix")]
        ),
        .testTarget(
            name: "LambdaManagerTests",
            dependencies: ["LambdaManager", nio("NIOConcurrencyHelpers"), nio("NIOEmbedded")]
        ),
        .testTarget(
            name: "ComponentRunnerTests",
            dependencies: ["ComponentRunner", nio("NIOConcurrencyHelpers"), nio("NIOEmbedded")]
        ),
        .testTarget(name: "LambdaIPCTests", dependencies: ["LambdaIPC", "TestSupport", nio("NIOEmbedded")]),
        .testTarget(
            name: "ComponentIPCTests",
            dependencies: ["ComponentIPC", "TestSupport", nio("NIOEmbedded")]
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "CTestSupport", "EventStream", "ExplanationCases", "TestSupport", "trellis",
                "trellis-launcher", nio("NIOConcurrencyHelpers"),
            ]
        ),
        .testTarget(name: "TidyTests"),
    ]
)

/// What every Swift target is built with.
///
/// C targets take only what concerns C.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
]
let cTargets = ["CAllocationCount", "CDeflate", "CTestSupport", "CMosquitto", "CZip", "trellis-launcher"]
for target in package.targets where !cTargets.contains(target.name) {
    target.swiftSettings = settings
}
