import ArgumentParser
import Broker
import ControlAPI
import LambdaManager
import NIOHTTP1

/// `trellis status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows what the daemon does: its ports, the link to the cloud, its components.",
        discussion: "Example: trellis status --json"
    )

    @OptionGroup var options: RootOptions

    @Flag(name: .long, help: "Write JSON for programs.")
    var json = false

    func run() async throws {
        let answer = try await options.client().call(.GET, ControlPath.status)
        let report = try answer.decoded(as: StatusReport.self)
        guard !json else { return try Output.json(report) }
        Output.line("root        \(report.root) (pid \(report.pid))")
        Output.line("legacy IPC  127.0.0.1:\(report.legacyIPC.port)")
        let ipc = report.componentIPC
        let lost = ipc.lostMessages > 0 ? ", \(ipc.lostMessages) messages lost to slow subscribers" : ""
        Output.line("IPC         \(ipc.socket), \(ipc.connections) connected\(lost)")
        let address = report.mqtt.host.isEmpty ? "" : ", \(report.mqtt.host):\(report.mqtt.port)"
        Output.line("cloud       \(report.mqtt.state) (\(report.mqtt.endpoint)\(address))")
        if let problem = report.mqtt.problem {
            Output.line("            \(problem)")
        }
        for link in report.links {
            Output.line("link        \(link.name) \(link.state) (\(link.host):\(link.port))")
            if let problem = link.problem {
                Output.line("            \(problem)")
            }
            if let spool = link.spool {
                Output.line("            \(spool.text)")
            }
        }
        let counters = report.counters
        Output.line(
            """
            messages    \(counters.published) published, \(counters.delivered) delivered, \
            \(counters.withoutSubscription) without subscription, \(report.deadLetters) dead letters
            """
        )
        if let problem = report.store.problem {
            let unwritten = report.store.unwrittenDeadLetters
            Output.line("store       memory only, \(unwritten) dead letters not written: \(problem)")
        }
        if let spool = report.spool {
            Output.line("spool       \(spool.text)")
        }
        for component in report.components {
            let counts = component.counters.named.filter { $0.count > 0 }.map { ", \($0.name) \($0.count)" }
            Output.line(
                """
                component   \(component.name) \(component.version) \(component.state), \
                \(component.instances) running, \(component.queue) waiting\
                \(counts.joined())
                """
            )
        }
    }
}

extension StatusReport.Spool {
    /// The spool for people.
    fileprivate var text: String {
        """
        \(messages) messages wait, \(bytes) of \(maxSizeInBytes) bytes, \
        \(storageType == "Disk" ? "on the disk" : "in memory")\(problem.map { ": \($0)" } ?? "")
        """
    }
}
