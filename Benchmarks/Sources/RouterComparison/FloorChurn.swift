internal import BenchmarkSupport

/// Subscriptions to the floor that come and go, as in `TrellisChurn`.
struct FloorChurn {
    private let lines: Lines
    private let firstID: UInt32
    private var window: ChurnWindow

    init(lines: Lines, firstID: UInt32) {
        self.lines = lines
        self.firstID = firstID
        window = ChurnWindow(filterCount: lines.count)
    }

    func begin(_ floor: borrowing FloorEngine) {
        for position in window.positions {
            floor.add(firstID + UInt32(position), to: lines[position])
        }
    }

    mutating func step(_ floor: borrowing FloorEngine) {
        let step = window.advance()
        floor.add(firstID + UInt32(step.subscribe), to: lines[step.subscribe])
        floor.remove(firstID + UInt32(step.unsubscribe), from: lines[step.unsubscribe])
    }

    func end(_ floor: borrowing FloorEngine) {
        for position in window.positions {
            floor.remove(firstID + UInt32(position), from: lines[position])
        }
    }
}
