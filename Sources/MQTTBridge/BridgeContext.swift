import Broker
import Logging

/// What a thread of the bridge is given to work with.
struct BridgeContext: Sendable {
    let configuration: MQTTBridgeConfiguration
    /// What the connection calls itself.
    let clientID: String
    let state: BridgeState
    let logger: Logger
    let observer: (any TrafficObserver)?
    /// Takes each committed message that will never be sent, with the reason.
    let onDrop: @Sendable (Message, String) -> Void
}
