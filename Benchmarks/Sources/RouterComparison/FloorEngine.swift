internal import BenchmarkSupport
internal import CFloor

/// The floor, owned.
struct FloorEngine: ~Copyable {
    private let floor: OpaquePointer

    init() {
        floor = floor_create()
    }

    deinit {
        floor_destroy(floor)
    }

    /// Subscribes one subscriber to each filter: its line number.
    func load(_ filters: Lines) {
        for number in 0..<filters.count {
            add(UInt32(number), to: filters[number])
        }
    }

    func match(_ topics: Lines) -> Tally {
        let floorTopics = FloorTopics(
            bytes: topics.bytes.baseAddress,
            starts: topics.starts.baseAddress,
            lengths: topics.lengths.baseAddress,
            count: topics.count
        )
        var tally = Tally()
        tally.matchCount = floor_match_all(floor, floorTopics, &tally.idSum)
        return tally
    }

    func add(_ id: UInt32, to filter: UnsafeBufferPointer<UInt8>) {
        floor_add(floor, filter.baseAddress, filter.count, id)
    }

    func remove(_ id: UInt32, from filter: UnsafeBufferPointer<UInt8>) {
        floor_remove(floor, filter.baseAddress, filter.count, id)
    }

    /// Ends nothing before this call.
    @inline(never)
    func keepAlive() {}
}
