/// A whole JSON text (RFC 8259), read strictly.
///
/// Refused, beyond what the grammar refuses: duplicate keys, lone surrogates, a byte order mark, and anything
/// over the limits below. Duplicate keys don't end the reading, so that all of them are told at once.
package struct JSONDocument: Sendable {
    /// The most bytes a text may have.
    ///
    /// Ten thousand subscriptions (the most a Greengrass V1 group may hold) with long ARNs take about 4 MB.
    /// The values of a hostile text of this size take some 200 MB of memory, once, while it is read.
    package static let bytesMax = 8 * 1024 * 1024
    /// How deep arrays and objects may nest; the deepest document of this world has six levels.
    package static let depthMax = 64
    /// The most characters a number may have; a double needs 24.
    package static let numberLengthMax = 64

    /// The one value of the text.
    package var root: JSONValue
    /// The keys that stand twice in their object; the first of each is in `root`.
    package var duplicateKeys: [JSONProblem]

    /// Reads a text.
    ///
    /// - Throws: The first place where the text is no JSON or breaks a limit.
    package init(_ text: [UInt8]) throws(JSONProblem) {
        guard text.count <= Self.bytesMax else {
            throw JSONProblem(
                place: SourcePlace(line: 1, column: 1),
                message: "found a file of \(text.count) bytes; \(Self.bytesMax) bytes are the most"
            )
        }
        var reader = JSONReader(text)
        root = try reader.readDocument()
        duplicateKeys = reader.duplicateKeys
    }
}
