/// A setting that may stand in a document in two spellings: that of the API and that of a device.
///
/// The first that is given counts; another one is refused unless it says the same.
struct GivenOnce<Value: Equatable> {
    private var first: (value: Value, node: DocumentNode)?

    var value: Value? { first?.value }

    /// Takes what `read` makes of `node`, if there is a node and it is right.
    mutating func take(_ node: DocumentNode?, _ read: (DocumentNode) -> Value?) {
        guard let node, let value = read(node) else { return }
        guard let first else {
            self.first = (value, node)
            return
        }
        if first.value != value {
            let place = first.node.value.place
            node.reject(
                "\(first.node.keyPath) at \(place.line):\(place.column) says something else; give it once"
            )
        }
    }
}
