import GreengrassModel
import TopicRouter

/// Divides topic filters between connections, of which each may have so many.
///
/// A filter stays where it is while it is wanted. A new one goes where another overlaps it, if there is room,
/// since a message comes once over each connection that has a filter for it.
struct FilterPartition {
    /// How many filters of the covering set one connection has.
    let capacity: Int
    /// How many connections there are at most.
    let partCountMax: Int

    private var places: [TopicFilter: Int] = [:]

    init(capacity: Int, partCountMax: Int) {
        self.capacity = max(1, capacity)
        self.partCountMax = max(1, partCountMax)
    }

    /// Divides `filters`.
    ///
    /// - Returns: The filters of each connection, and those for which there is no room.
    mutating func divide(_ filters: Set<TopicFilter>) -> (parts: [Set<TopicFilter>], left: Set<TopicFilter>) {
        let covering = filters.coveringSet()
        self.places = self.places.filter { covering.contains($0.key) }
        var parts = Array(repeating: Set<TopicFilter>(), count: (self.places.values.max() ?? 0) + 1)
        for (filter, place) in self.places { parts[place].insert(filter) }
        var left: Set<TopicFilter> = []
        for filter in covering.inOrder where self.places[filter] == nil {
            let free = parts.indices.filter { parts[$0].count < self.capacity }
            let together = free.first { parts[$0].contains { $0.hasWildcard && $0.overlaps(filter) } }
            if let place = together ?? free.first {
                self.places[filter] = place
                parts[place].insert(filter)
            } else if parts.count < self.partCountMax {
                self.places[filter] = parts.count
                parts.append([filter])
            } else {
                left.insert(filter)
            }
        }
        // Those that are covered come along: they are asked for when the broker refuses the wide one.
        let wildcards = self.places.filter(\.key.hasWildcard)
        for filter in filters.subtracting(covering) {
            if let wide = wildcards.first(where: { $0.key.covers(filter) }) {
                parts[wide.value].insert(filter)
            }
        }
        return (parts, left)
    }
}
