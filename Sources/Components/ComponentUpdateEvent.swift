/// What those who subscribed to component updates are told.
package enum ComponentUpdateEvent: Hashable, Sendable {
    /// A component is about to be updated; each subscriber may put that off.
    case preUpdate(deploymentId: String, isGGCRestarting: Bool)
    /// The update is done.
    case postUpdate(deploymentId: String)
}
