internal import NIOConcurrencyHelpers

/// The metrics that components report of themselves: the last value of each.
///
/// Any thread may call it.
package final class ComponentMetrics: Sendable {
    /// One value.
    package struct Metric: Hashable, Sendable {
        /// What is measured.
        package let name: String
        /// What its value counts.
        package let unit: Unit
        /// 0 or more, and finite.
        package let value: Double

        /// Makes a value.
        package init(name: String, unit: Unit, value: Double) {
            self.name = name
            self.unit = unit
            self.value = value
        }
    }

    /// The units of the Greengrass IPC's model.
    package enum Unit: String, Sendable {
        case bytes = "BYTES"
        case bytesPerSecond = "BYTES_PER_SECOND"
        case count = "COUNT"
        case countPerSecond = "COUNT_PER_SECOND"
        case megabytes = "MEGABYTES"
        case seconds = "SECONDS"
    }

    /// So many metrics of one component are kept.
    package static let countMax = 100
    /// How long a name may be, in bytes.
    package static let nameBytesMax = 256

    private let metrics = NIOLockedValueBox<[String: [String: Metric]]>([:])

    /// Makes one without metrics.
    package init() {}

    /// Keeps values of a component, in the place of those it reported under the same names.
    ///
    /// - Throws: `ComponentError.invalidArguments` when a name is too long or there are too many; nothing is
    ///   kept then.
    package func put(_ values: [Metric], of componentName: String) throws(ComponentError) {
        if let long = values.first(where: { $0.name.utf8.count > Self.nameBytesMax }) {
            throw .invalidArguments(
                "a metric's name has \(long.name.utf8.count) bytes; at most \(Self.nameBytesMax) are taken"
            )
        }
        let isKept = metrics.withLockedValue { metrics in
            let new = Dictionary(values.map { ($0.name, $0) }) { $1 }
            let all = metrics[componentName, default: [:]].merging(new) { $1 }
            guard all.count <= Self.countMax else { return false }
            metrics[componentName] = all
            return true
        }
        guard isKept else {
            throw .invalidArguments("a component has at most \(Self.countMax) metrics")
        }
    }

    /// What a component reported last, by name.
    package func metrics(of componentName: String) -> [Metric] {
        metrics.withLockedValue { $0[componentName, default: [:]].values.sorted { $0.name < $1.name } }
    }
}
