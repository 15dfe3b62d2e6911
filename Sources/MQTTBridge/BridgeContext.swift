import Broker
import Logging

/// What the bridge's thread is given to work with.
struct BridgeContext: Sendable {
    let configuration: MQTTBridgeConfiguration
    let state: BridgeState
    let logger: Logger
    let observer: (any TrafficObserver)?
    /// Takes each committed message that will never be sent, with the reason.
    let onDrop: @Sendable (Message, String) -> Void
}
