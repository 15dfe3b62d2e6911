/// Another component that a component needs.
package struct ComponentDependency: Hashable, Sendable {
    /// What the failure of the other one means.
    package enum Kind: Hashable, Sendable {
        /// `HARD`: the component restarts with the other one, and can't be deployed without it.
        case hard
        /// `SOFT`: the component runs without the other one too.
        case soft
    }

    /// The other component.
    package var name: ComponentName
    /// Which of its versions do, as written; not compared with what is deployed.
    package var versionRequirement: String?
    /// What its failure means.
    package var kind: Kind
}
