package import TopicRouter

extension Set<TopicFilter> {
    /// The smallest part of the set that matches every topic the whole set matches: no filter of it covers
    /// another.
    ///
    /// A broker may send one copy for every filter that matches, so overlaps that can be avoided are. Of
    /// filters that cover each other (`#` and `+/#`) the first in the order of their bytes stays, so the
    /// result depends on nothing but the set. Takes time proportional to the filters times the wildcard
    /// filters that stay.
    package func coveringSet() -> Set<TopicFilter> {
        var wildcards: [TopicFilter] = []
        for filter in self.filter(\.hasWildcard).inOrder {
            if wildcards.contains(where: { $0.covers(filter) }) { continue }
            wildcards.removeAll { filter.covers($0) }
            wildcards.append(filter)
        }
        let exact = self.filter { filter in
            !filter.hasWildcard && !wildcards.contains { $0.covers(filter) }
        }
        return exact.union(wildcards)
    }
}

extension Collection<TopicFilter> {
    /// The filters in the order of their bytes.
    package var inOrder: [TopicFilter] {
        self.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
