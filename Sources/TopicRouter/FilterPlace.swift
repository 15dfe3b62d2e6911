/// A filter that is taken apart for the index: how it is found.
enum FilterPlace {
    /// By its whole text.
    case topic(hash: UInt64)
    /// By its shape.
    case shape(Shape, hash: UInt64)
    /// It has more levels than shapes can tell apart.
    case deep

    /// Takes a filter apart.
    init(_ filter: TopicFilter, bus: UInt32, keys: HashKeys) {
        let count = filter.utf8.count
        self = filter.utf8.withUnsafeBytes { buffer in
            // A filter is not empty.
            let bytes = buffer.baseAddress.unsafelyUnwrapped
            guard filter.hasWildcard else { return .topic(hash: keys.whole(bytes, count, bus: bus)) }
            var walk = LevelWalk(bytes, count)
            var pluses: UInt64 = 0
            var sum = keys.bus(bus)
            var level = 0
            while !walk.isAtEnd {
                let byte =
                    walk.position < count ? bytes.load(fromByteOffset: walk.position, as: UInt8.self) : 0
                if byte == .multiLevelWildcard {
                    let shape = Shape(levelCount: level, pluses: pluses, isOpen: true)
                    return .shape(shape, hash: sum &+ keys.end(level, isOpen: true))
                }
                guard level < HashKeys.levelCountMax else { return .deep }
                let hash = walk.next(keys, level)
                if byte == .singleLevelWildcard {
                    pluses |= 1 << UInt64(level)
                    sum &+= keys.plus(level)
                } else {
                    sum &+= hash
                }
                level += 1
            }
            let shape = Shape(levelCount: level, pluses: pluses, isOpen: false)
            return .shape(shape, hash: sum &+ keys.end(level, isOpen: false))
        }
    }
}
