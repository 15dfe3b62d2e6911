/// Another component that a component needs.
package struct ComponentDependency: Hashable, Sendable {
    /// What the failure of the other one means.
    package enum Kind: Hashable, Sendable {
        /// `HARD`: the component can't be deployed without the other one, runs only while that one does, and
        /// restarts with it.
        case hard
        /// `SOFT`: the component starts after the other one, and runs without it too.
        case soft
    }

    /// The other component.
    package var name: ComponentName
    /// Which of its versions do; `nil`: any.
    package var versionRequirement: VersionRequirement?
    /// What its failure means.
    package var kind: Kind
}
