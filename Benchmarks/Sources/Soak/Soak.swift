internal import BenchmarkSupport

/// Watches the memory of the index.
///
///     churn STEPS             fails unless memory stays as it is while subscriptions come and go
///     buses COUNT exact|mixed bytes a row, with ten rows for each of 10,000 sources, on so many buses
@main
enum Soak {
    static func main() {
        do {
            let arguments = CommandLine.arguments.dropFirst()
            guard arguments.count >= 2, let count = Int(arguments[2]) else {
                throw BenchmarkError("needs a command and a number")
            }
            switch (arguments[1], arguments.last) {
            case ("churn", _):
                var churn = try Churn()
                try churn.run(stepCount: count)
            case ("buses", "exact"):
                print(try BusTable(busCount: count, hasWildcards: false).bytesOfRow().formatted(digits: 1))
            case ("buses", "mixed"):
                print(try BusTable(busCount: count, hasWildcards: true).bytesOfRow().formatted(digits: 1))
            default:
                throw BenchmarkError("no such command")
            }
        } catch {
            fail(error)
        }
    }
}
