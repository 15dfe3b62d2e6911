import Broker
import Components
import FoundationEssentials
import LambdaIPC
import LambdaLauncher
import LambdaManager
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing
import TopicRouter

@testable import GreengrassModel

/// A server on a free port with two functions, whose processes are only tokens. `alpha` may publish to
/// `beta`.
struct LegacyAPI {
    static let alpha = "arn:aws:lambda:eu-central-1:123456789012:function:alpha:1"
    static let beta = "arn:aws:lambda:eu-central-1:123456789012:function:beta:2"
    static let topic = "to/beta"
    static let betaQueueCountMax = 2

    let server: LambdaIPCServer
    let manager: LambdaManager
    let alphaToken: String
    let betaToken: String
    var port: Int { server.port }

    /// Makes a server that does not listen yet.
    init(limits: LambdaIPCLimits = LambdaIPCLimits()) throws {
        let broker = Broker(logger: Self.logger)
        let starter = TokenStarter()
        manager = LambdaManager(
            broker: broker,
            tokens: TokenTable(),
            starter: starter,
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
            logger: Self.logger
        )
        for (name, text) in [("alpha", Self.alpha), ("beta", Self.beta)] {
            var component = LambdaComponent(
                name: try ComponentName(name),
                version: "1.0.0",
                arn: try FunctionARN(text),
                runtime: "python3.11",
                handler: try #require(FunctionHandler("module.function")),
                code: .folder("/nonexistent")
            )
            component.parameters.maxQueueSize = Self.betaQueueCountMax
            // No test waits for it, however loaded the machine.
            component.parameters.timeout = .seconds(600)
            // No folder, no file: nobody reads these logs.
            manager.deploy(component, log: LogFile(folder: "/nonexistent", name: name))
        }
        let row = ResolvedSubscription(
            id: "1",
            source: .function(try FunctionARN(Self.alpha)),
            subject: try TopicFilter(Self.topic),
            target: .function(try FunctionARN(Self.beta))
        )
        broker.apply(SubscriptionTable([row]))
        manager.start(environment: Self.environment)
        alphaToken = try #require(starter.token(of: "alpha"))
        betaToken = try #require(starter.token(of: "beta"))
        server = LambdaIPCServer(
            manager: manager,
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
            logger: Self.logger,
            port: 0,
            limits: limits
        )
    }

    /// Listens while `body` runs.
    static func run(
        limits: LambdaIPCLimits = LambdaIPCLimits(),
        _ body: (LegacyAPI) async throws -> Void
    ) async throws {
        let api = try LegacyAPI(limits: limits)
        try await api.server.start()
        do {
            try await body(api)
        } catch {
            await api.server.shutdown()
            throw error
        }
        await api.server.shutdown()
    }

    /// A server that wants the same port.
    var secondServer: LambdaIPCServer {
        LambdaIPCServer(
            manager: manager,
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
            logger: Self.logger,
            port: port
        )
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static var environment: FunctionEnvironment {
        FunctionEnvironment(
            settings: FunctionEnvironment.Settings(
                root: "/nonexistent",
                runtimeFolder: "/nonexistent",
                port: 0,
                ipcSocketPath: "/nonexistent/ipc.socket",
                thingName: "thing",
                region: "eu-central-1",
                rootCAPath: "",
                version: "0",
                inherited: [:]
            ),
            interpreters: [:]
        )
    }
}

/// Starts nothing and remembers each instance's token.
final class TokenStarter: ProcessStarter {
    private struct NoProcess: RunningProcess {
        func signal(_ number: Int32) {}
    }

    private let tokens = NIOLockedValueBox<[String: String]>([:])

    func token(of name: String) -> String? {
        tokens.withLockedValue { $0[name] }
    }

    func start(
        _ plan: LaunchPlan,
        onStart: @escaping @Sendable (Int32) -> Void,
        onOutput: @escaping @Sendable (LogLevel, ByteBuffer) -> Void,
        onEnd: @escaping @Sendable (ProcessEnd) -> Void
    ) -> any RunningProcess {
        tokens.withLockedValue { $0[plan.name] = plan.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] }
        onStart(4_711)
        return NoProcess()
    }
}
