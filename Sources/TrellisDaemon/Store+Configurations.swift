internal import Components
internal import Store

/// The store keeps what components write to their configuration.
extension Store: ConfigurationStore {}
