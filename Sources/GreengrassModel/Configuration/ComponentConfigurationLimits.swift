/// Bounds of one component's `configuration`.
package enum ComponentConfigurationLimits {
    /// The most bytes, as JSON without blanks.
    ///
    /// A deployment of the originals carries at most 10 MB for all of its components.
    package static let bytesMax = 1024 * 1024
    /// How many lists and objects may lie in each other: half of what any document may have.
    package static let depthMax = 32
}
