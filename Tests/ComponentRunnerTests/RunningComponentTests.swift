import Components
import Glibc
import GreengrassModel
import LambdaLauncher
import LambdaManager
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import ComponentRunner

@Suite struct RunningComponentTests {
    private static let settings = FunctionEnvironment.Settings(
        root: "/nonexistent",
        runtimeFolder: "/nonexistent",
        port: 0,
        ipcSocketPath: "/nonexistent/ipc.socket",
        thingName: "thing",
        region: "eu-central-1",
        rootCAPath: "",
        version: "0",
        inherited: [:]
    )

    @Test("signals for a process that has ended meanwhile do not hit the next one")
    func lateSignals() throws {
        let starter = SignalStarter()
        let definition = GenericComponent(
            name: try ComponentName("a"),
            command: ["/bin/true"],
            workingDirectory: "/"
        )
        let runner = ComponentRunner(
            [definition],
            tokens: TokenTable(),
            starter: starter,
            eventLoopGroup: NIOAsyncTestingEventLoop(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            // No folder, no file: nobody reads these logs.
            log: { LogFile(folder: "/nonexistent", name: $0) }
        )
        runner.start(environment: ComponentEnvironment(settings: Self.settings, accounts: [:]))
        let component = try #require(runner.component(named: "a"))
        try component.setPaused(true)
        // SIGCONT would follow SIGTERM, but the next process runs by then.
        component.start()
        #expect(starter.signals == [[SIGSTOP, SIGTERM], []])
        #expect(component.instances.map(\.number) == [2])
        component.start()
        #expect(starter.signals == [[SIGSTOP, SIGTERM], [SIGTERM], []])
    }
}

/// Starts nothing, and keeps the signals of each process; SIGTERM ends it before `signal` returns.
private final class SignalStarter: ProcessStarter {
    private struct SignalProcess: RunningProcess {
        let onSignal: @Sendable (Int32) -> Void

        func signal(_ number: Int32) { onSignal(number) }
    }

    private let received = NIOLockedValueBox<[[Int32]]>([])

    var signals: [[Int32]] { received.withLockedValue { $0 } }

    func start(
        _ plan: LaunchPlan,
        onStart: @escaping @Sendable (Int32) -> Void,
        onOutput: @escaping @Sendable (LogLevel, ByteBuffer) -> Void,
        onEnd: @escaping @Sendable (ProcessEnd) -> Void
    ) -> any RunningProcess {
        let index = received.withLockedValue { received in
            received.append([])
            return received.count - 1
        }
        onStart(4_711)
        return SignalProcess { [received] number in
            received.withLockedValue { $0[index].append(number) }
            if number == SIGTERM { onEnd(.exited(code: 0)) }
        }
    }
}
