/// Which of a list of filters are subscribed to, while each step subscribes to the next one and takes back the
/// one subscribed `size` steps before.
struct ChurnWindow {
    static let size = 1_000

    private let filterCount: Int
    private var end = size

    init(filterCount: Int) {
        self.filterCount = filterCount
    }

    /// The positions of the filters in the window.
    var positions: [Int] { (end - Self.size..<end).map { $0 % filterCount } }

    /// Moves by one.
    mutating func advance() -> (subscribe: Int, unsubscribe: Int) {
        defer { end += 1 }
        return (end % filterCount, (end - Self.size) % filterCount)
    }
}
