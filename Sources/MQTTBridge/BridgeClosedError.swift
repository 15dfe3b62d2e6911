/// The bridge is shutting down or was shut down, and will not be connected any more.
package struct BridgeClosedError: Error, CustomStringConvertible {
    /// The same for a log or a terminal.
    package var description: String { "the bridge to the MQTT broker is shut down" }
}
