// swift-tools-version:6.3
import PackageDescription

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "trellis", path: ".."),
        // No traits: the hooks into malloc and the runtime are not needed for times.
        .package(url: "https://github.com/ordo-one/benchmark.git", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "TopicRouterBenchmarks",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "TopicRouter", package: "trellis"),
            ],
            path: "Benchmarks/TopicRouterBenchmarks",
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        )
    ]
)
