import Synchronization

/// Which readers may still see what: memory is used again only when none can.
///
/// The epoch counts the writer's changes. A reader that pins writes down the epoch it found, and 0 when it
/// unpins. What became unreachable in epoch e is free once every pinned reader has written down more than e:
/// such a reader began after that change, and can't have found what it took away.
///
///     reader   mark := epoch;  FENCE;  read the index …            mark := 0
///     writer   unlink;  e := epoch;  epoch := e + 1;  FENCE;  free what all marks have passed
///
/// Of the two fences one comes first. Either the writer sees the mark, or the reader sees the change.
struct ReaderTable: ~Copyable {
    private var marks: [ReaderMark] = []

    mutating func add() -> ReaderMark {
        let mark = ReaderMark()
        marks.append(mark)
        return mark
    }

    mutating func remove(_ mark: ReaderMark) {
        marks.removeAll { $0.epoch == mark.epoch }
        mark.deallocate()
    }

    /// What became unreachable before this epoch is seen by nobody.
    func oldestEpoch() -> UInt64 {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        var oldest = UInt64.max
        for mark in marks {
            let epoch = mark.epoch.pointee.load(ordering: .acquiring)
            if epoch != ReaderMark.unpinned {
                oldest = min(oldest, epoch)
            }
        }
        return oldest
    }
}

/// Where one reader writes down the epoch that it pinned in, in a cache line of its own.
///
/// Sendable: what it points to is atomic.
struct ReaderMark: @unchecked Sendable {
    static let unpinned: UInt64 = 0
    /// Two lines: processors fetch them in pairs.
    private static let byteCount = 128

    let epoch: UnsafeMutablePointer<Atomic<UInt64>>

    init() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: Self.byteCount)
        epoch = memory.bindMemory(to: Atomic<UInt64>.self, capacity: 1)
        epoch.initialize(to: Atomic(Self.unpinned))
    }

    func deallocate() {
        UnsafeMutableRawPointer(epoch).deallocate()
    }
}

/// Things that wait until no reader can see them any more, in the order of their epochs.
struct Retired<Thing> {
    private var waiting: [(epoch: UInt64, thing: Thing)] = []
    private var first = 0

    var count: Int { waiting.count - first }

    mutating func append(_ thing: Thing, epoch: UInt64) {
        waiting.append((epoch, thing))
    }

    /// Takes out the next thing that became unreachable before `epoch`.
    mutating func popFirst(before epoch: UInt64) -> Thing? {
        guard first < waiting.count, waiting[first].epoch < epoch else { return nil }
        defer {
            first += 1
            // Half of the array is air: what is left moves to its beginning.
            if first * 2 >= waiting.count {
                waiting.removeFirst(first)
                first = 0
            }
        }
        return waiting[first].thing
    }
}
