/// How many filters of each shape there are on one bus.
final class ShapeCounts {
    enum Addition {
        case counted
        case new
        case tooMany
    }

    private(set) var shapes: [Shape] = []
    private var counts: [Int] = []

    /// Counts one filter more.
    func add(_ shape: Shape) -> Addition {
        if let position = shapes.firstIndex(of: shape) {
            counts[position] += 1
            return .counted
        }
        guard shapes.count < Shape.countMax else { return .tooMany }
        shapes.append(shape)
        counts.append(1)
        return .new
    }

    /// Counts one filter less.
    ///
    /// - Returns: Whether it was the last one of its shape.
    func remove(_ shape: Shape) -> Bool {
        guard let position = shapes.firstIndex(of: shape) else { return false }
        counts[position] -= 1
        guard counts[position] == 0 else { return false }
        shapes.remove(at: position)
        counts.remove(at: position)
        return true
    }
}
