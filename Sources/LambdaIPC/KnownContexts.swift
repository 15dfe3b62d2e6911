/// The client contexts of publishes that were read before, on one event loop.
///
/// A function publishes to few topics, so mostly the same text comes again; to decode it takes longer than
/// all else that a publish does here.
final class KnownContexts {
    /// So many are kept; when there is one more, all are forgotten.
    static let countMax = 256
    /// A longer one is read anew each time.
    static let headerBytesMax = 1_024

    private var known: [String: ClientContext.Publish] = [:]

    /// How many are kept.
    var count: Int { known.count }

    /// What the context of a publish says.
    ///
    /// - Throws: 400 as `ClientContext.publish`.
    func publish(_ header: String) throws(Refusal) -> ClientContext.Publish {
        if let context = known[header] {
            return context
        }
        let context = try ClientContext.publish(header)
        if header.utf8.count <= Self.headerBytesMax {
            if known.count == Self.countMax {
                known.removeAll(keepingCapacity: true)
            }
            known[header] = context
        }
        return context
    }
}
