/// A number among a file's attributes, as `FileManager` gives them.
package enum FileAttribute {
    /// The number that `value` holds.
    ///
    /// That is an integer of some type in a program that has FoundationEssentials alone. In one that has all
    /// of Foundation, which a dependency may bring in, it is an `NSNumber`, and only a cast to a type that is
    /// named finds the number in it.
    package static func integer(_ value: Any?) -> Int? {
        (value as? any BinaryInteger).map { Int(clamping: $0) } ?? value as? Int
    }
}
