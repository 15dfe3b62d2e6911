/// Why what was asked of a component could not be done, for whoever asked.
package enum ComponentError: Error, Hashable, Sendable {
    /// No component of this name is deployed.
    case componentNotFound(String)
    /// What was asked makes no sense for this component, or not now; what would.
    case invalidArguments(String)
    /// It went wrong; why.
    case failed(String)
}

extension ComponentError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .componentNotFound(let name): "no component is called \(name)"
        case .invalidArguments(let reason), .failed(let reason): reason
        }
    }
}
