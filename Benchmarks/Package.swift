// swift-tools-version:6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// `run.py` builds this package, since what has to hold for TopicRouter too, the CPU to compile for, can only be
// said on the command line.
let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "trellis", path: ".."),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    ],
    targets: [
        .target(
            name: "CFloor",
            cxxSettings: [
                .enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error),
                .unsafeFlags(["-O3"]),
            ]
        ),
        // The tests' own, by links.
        .target(name: "CAllocationCount", cSettings: [.treatAllWarnings(as: .error)]),
        .target(
            name: "CPlainTrie",
            cxxSettings: [
                .enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error),
                .unsafeFlags(["-O3"]),
            ]
        ),
        .target(
            name: "CMachine",
            cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
        ),
        .target(name: "BenchmarkSupport", dependencies: ["CMachine"], swiftSettings: settings),
        .executableTarget(
            name: "RouterComparison",
            dependencies: [
                "BenchmarkSupport", "CFloor", "CPlainTrie",
                .product(name: "TopicRouter", package: "trellis"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Soak",
            dependencies: ["BenchmarkSupport", .product(name: "TopicRouter", package: "trellis")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "BareHTTPServer",
            dependencies: [
                "BenchmarkSupport", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "HTTPLoad",
            cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
        ),
        .executableTarget(
            name: "MQTTLoad",
            cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)],
            linkerSettings: [.linkedLibrary("mosquitto")]
        ),
        .executableTarget(
            name: "HopLoad",
            cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
        ),
        .executableTarget(
            name: "HopWorker",
            cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
        ),
        .target(
            name: "CIPCFrames",
            cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
        ),
        .executableTarget(
            name: "IPCLoad",
            dependencies: ["CIPCFrames"],
            cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
        ),
        .executableTarget(
            name: "BareIPCServerC",
            dependencies: ["CIPCFrames"],
            cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
        ),
        .executableTarget(
            name: "BareIPCServer",
            dependencies: [
                "BenchmarkSupport", "CIPCFrames", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "LongPollServer",
            cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
        ),
        .executableTarget(
            name: "BrokerLatency",
            dependencies: [
                "BenchmarkSupport", "CAllocationCount", .product(name: "Broker", package: "trellis"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
    ],
    cxxLanguageStandard: .cxx17
)
