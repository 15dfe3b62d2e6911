internal import Broker
internal import GreengrassModel
internal import Hummingbird
internal import TopicRouter

/// What waits for the cloud or another broker: reading it and forgetting it.
extension ControlServer {
    /// The most messages in an answer; the spool gives fewer where they are long.
    private static let pageCountMax = 100

    func spooledMessages(_ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        guard let after = Int64(parameters["after"] ?? "0"), (0..<Int64.max).contains(after),
            let count = Int(parameters["count"] ?? "\(Self.pageCountMax)"), count > 0
        else { throw ControlError(message: "after and count are whole numbers") }
        let found = try await spool(of: request).messages(after: after, count: min(count, Self.pageCountMax))
        return try json(found.map { SpooledMessageReport($0, withPayload: parameters["payload"] != nil) })
    }

    func spooledMessage(_ request: Request) async throws -> Response {
        let number = try request.uri.queryParameters["number"].map(number(in:))
        guard let found = try await spool(of: request).message(number) else {
            throw ControlError(
                message: number.map { "no message \($0) waits: it was sent, dropped or purged" }
                    ?? "no message waits"
            )
        }
        return try json(SpooledMessageReport(found, withPayload: true))
    }

    func purgeSpool(_ request: Request) async throws -> Response {
        let spool = try spool(of: request)
        let parameters = request.uri.queryParameters
        if parameters["all"] != nil { return try json(PurgeReport(count: spool.purge(nil))) }
        if let numbers = parameters["numbers"] {
            let numbers = try Set(numbers.split(separator: ",").map(number(in:)))
            return try json(PurgeReport(count: spool.purge(numbers)))
        }
        let filter = try TopicFilter(parameter("topic", of: request))
        return try json(PurgeReport(count: try await purge(filter, from: spool)))
    }

    /// Page by page: topics may lie on the disk.
    private func purge(_ filter: TopicFilter, from spool: any Spool) async throws -> Int {
        var (count, last): (Int, Int64) = (0, 0)
        while true {
            let page = try await spool.messages(after: last, count: Self.pageCountMax).map(\.message)
            guard let end = page.last else { return count }
            last = end.position
            let numbers = Set(page.filter { filter.matches($0.message.topic) }.map(\.position))
            if !numbers.isEmpty { count += spool.purge(numbers) }
        }
    }

    private func spool(of request: Request) throws -> any Spool {
        if let name = request.uri.queryParameters["link"] {
            let links = broker.links.filter { $0.spool != nil }
            guard let spool = links.first(where: { $0.name == name })?.spool else {
                let names = links.map(\.name).sorted().joined(separator: ", ")
                throw ControlError(
                    message: "nothing waits for a link \(String(name).quoted); there is: \(names)"
                )
            }
            return spool
        }
        guard let spool = broker.uplink?.spool else {
            throw ControlError(
                message: "the cloud is switched off: mqtt.endpoint is \"none\" in trellis.json"
            )
        }
        return spool
    }

    private func number(in text: Substring) throws -> Int64 {
        guard let number = Int64(text), number > 0 else {
            throw ControlError(message: "a message's number is a whole number; spool list shows them")
        }
        return number
    }
}
