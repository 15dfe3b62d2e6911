import Broker
import GreengrassModel
import Logging
import NIOCore

/// The life of the bridge's thread: one connection after another, with a wait between.
///
/// Confined to that thread.
final class BridgeLoop {
    private let context: BridgeContext
    private let receive: (Message) -> EventLoopFuture<Void>?
    private var subscriptions = UpstreamSubscriptions()
    /// What the broker is spoken to in; the one before stays away once the broker has refused it.
    private var version: MQTTVersion
    private var backoff: Backoff
    private var randomness = SystemRandomNumberGenerator()
    /// Why the last attempt failed, so that a broker that stays away is logged once.
    private var loggedFailure: String?

    init(context: BridgeContext, receive: @escaping (Message) -> EventLoopFuture<Void>?) {
        self.context = context
        self.receive = receive
        self.version = context.configuration.version
        self.backoff = Backoff(
            minimum: context.configuration.reconnectDelayMin,
            maximum: context.configuration.reconnectDelayMax
        )
    }

    /// Returns when the bridge is asked to stop.
    func run() {
        while true {
            let startedAt = NIODeadline.now()
            self.connectAndServe()
            let delay = TimeAmount(self.backoff.next(using: &self.randomness))
            let earliest = startedAt + TimeAmount(self.context.configuration.connectIntervalMin)
            if self.isStopping(before: max(.now() + delay, earliest)) { return }
        }
    }

    /// Makes one connection and stays with it until it is lost or the bridge is asked to stop.
    private func connectAndServe() {
        let state = self.context.state
        state.setLink(.connecting)
        let connection = BridgeConnection(
            context: self.context,
            version: self.version,
            receive: self.receive,
            subscriptions: self.subscriptions
        )
        do {
            try connection.serve()
        } catch {
            state.setProblem("\(error)")
            if connection.isVersionRefused, self.version == .mqtt5 {
                self.fallBack()
            } else {
                self.log("\(error)", isNew: connection.connectedAt != nil)
            }
        }
        self.subscriptions = connection.subscriptions
        self.subscriptions.disconnected()
        state.setLink(.disconnected)
        for message in state.withSpool({ $0.disconnected() }) {
            self.context.onDrop(
                message,
                "the connection to the broker was lost, and QoS 0 messages do not wait"
            )
        }
        let healthyTime = TimeAmount(self.context.configuration.connectedTimeBeforeReset)
        if let connectedAt = connection.connectedAt, NIODeadline.now() - connectedAt >= healthyTime {
            self.backoff.reset()
        }
    }

    /// Speaks MQTT 3.1.1 from now on.
    private func fallBack() {
        self.version = .mqtt3
        self.context.logger.warning(
            "The MQTT broker does not speak MQTT 5; trying MQTT 3.1.1.",
            metadata: [
                "host": "\(self.context.configuration.host)", "port": "\(self.context.configuration.port)",
            ]
        )
    }

    /// Waits until `deadline`, or until the bridge is asked to stop.
    private func isStopping(before deadline: NIODeadline) -> Bool {
        let wakeup = self.context.state.wakeup
        while self.context.state.answerWake() == nil {
            let now = NIODeadline.now()
            guard now < deadline else { return false }
            if wakeup.wait(for: deadline - now) { wakeup.silence() }
        }
        return true
    }

    /// Logs a lost connection or a failed attempt, but the same failure once only until there was a
    /// connection again.
    private func log(_ failure: String, isNew: Bool) {
        let level: Logger.Level = isNew || failure != self.loggedFailure ? .warning : .debug
        self.loggedFailure = failure
        self.context.logger.log(
            level: level,
            "Not connected to the MQTT broker; trying again with growing delays.",
            metadata: [
                "host": "\(self.context.configuration.host)",
                "port": "\(self.context.configuration.port)",
                "reason": "\(failure)",
            ]
        )
    }
}
