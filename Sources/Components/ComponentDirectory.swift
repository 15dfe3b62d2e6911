/// Every deployed component, functions too, and what can be asked of one.
///
/// Any thread may call it.
package protocol ComponentDirectory: AnyObject, Sendable {
    /// All components, in the order of their names.
    var components: [Component] { get }

    /// Starts the component anew with its files as they are now, also when it was stopped or is BROKEN;
    /// returns when that is under way.
    func restart(_ name: String) async throws(ComponentError)

    /// Ends the component until it is restarted or the daemon is; returns when its processes have ended.
    func stop(_ name: String) async throws(ComponentError)

    /// Halts the component's processes; one that is halted already stays so.
    func pause(_ name: String) async throws(ComponentError)

    /// Lets the component's halted processes go on; one that is not halted just does.
    func resume(_ name: String) async throws(ComponentError)

    /// Takes what an instance of a component says of itself; one that is gone is ignored.
    func report(_ state: ReportedState, by identity: Identity)
}

extension ComponentDirectory {
    /// The component of this name.
    package func component(named name: String) throws(ComponentError) -> Component {
        guard let component = components.first(where: { $0.name == name }) else {
            throw .componentNotFound(name)
        }
        return component
    }
}
