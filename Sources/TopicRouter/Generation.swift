/// The memory that readers match in: two tables, and the records that they lead to.
///
/// What is in it changes one store at a time. When it is full, or when many changes are to be seen at once,
/// the writer fills another one and publishes that.
///
/// This is its address; a reader has no more of it.
struct Generation {
    /// What lies there; it never changes.
    struct Parts {
        let keys: HashKeys
        let topics: SlotTable
        let others: SlotTable
        let records: UnsafeMutableRawPointer
        let hasOthers: Bool
    }

    let parts: UnsafeMutablePointer<Parts>

    @inline(__always)
    init(_ parts: UnsafeMutablePointer<Parts>) {
        self.parts = parts
    }

    @inline(__always)
    var keys: HashKeys { parts.pointee.keys }

    /// Filters without wildcards, by their whole text.
    @inline(__always)
    var topics: SlotTable { parts.pointee.topics }

    /// All other records: filters with wildcards, nodes and buses.
    @inline(__always)
    var others: SlotTable { parts.pointee.others }

    /// Whether `others` is used: without it, a match looks the topic up and is done.
    @inline(__always)
    var hasOthers: Bool { parts.pointee.hasOthers }

    @inline(__always)
    subscript(record: UInt32) -> Record {
        Record(parts.pointee.records + Int(record) << 3)
    }

    /// The record of this kind, owner and text.
    @inline(__always)
    func find(
        _ kind: Record.Kind,
        owner: UInt32,
        _ bytes: UnsafeRawPointer,
        _ byteCount: Int,
        _ hash: UInt64,
        _ home: UInt64,
        in table: SlotTable
    ) -> UInt32? {
        let header = Record.header(kind, owner: owner, byteCount: byteCount)
        let offset = kind == .node ? Record.nodeBytesOffset : Record.filterBytesOffset
        return table.find(hash, home) { number in
            let record = self[number]
            return record.header == header
                && UnsafeRawPointer(record.base + offset).hasSameBytes(as: bytes, byteCount)
        }
    }

    /// The record of a bus that has more than topics.
    @inline(__always)
    func findBus(_ bus: UInt32) -> UInt32? {
        let hash = keys.bus(bus)
        let header = Record.header(.bus, owner: bus, byteCount: 0)
        return others.find(hash, others.home(hash)) { self[$0].header == header }
    }

    /// The child of a node for a level that is no `+`.
    func findChild(
        of node: UInt32,
        _ label: UnsafeRawPointer,
        _ byteCount: Int,
        _ labelHash: UInt64
    ) -> UInt32? {
        guard self[node].mayHaveChild(labelHash) else { return nil }
        let hash = keys.edge(node, labelHash)
        return find(.node, owner: node, label, byteCount, hash, others.home(hash), in: others)
    }
}
