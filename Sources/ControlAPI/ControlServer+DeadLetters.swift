internal import Broker
internal import Hummingbird

/// Dead letters: reading them, sending them again and forgetting them.
extension ControlServer {
    func deadLetters(_ request: Request) async throws -> Response {
        guard request.uri.queryParameters["number"] != nil else {
            return try json(broker.deadLetters.all.map { DeadLetterReport($0) })
        }
        let number = try number(of: request)
        guard let letter = broker.deadLetters.letter(number) else { throw unknown(number) }
        return try json(DeadLetterReport(letter, withPayload: true))
    }

    func redrive(_ request: Request) async throws -> Response {
        let number = try number(of: request)
        guard let outcome = broker.redrive(number) else { throw unknown(number) }
        return try await answer(outcome)
    }

    func drop(_ request: Request) async throws -> Response {
        let number = try number(of: request)
        guard broker.deadLetters.remove(number) != nil else { throw unknown(number) }
        return Response(status: .noContent)
    }

    private func number(of request: Request) throws -> UInt64 {
        guard let number = UInt64(try parameter("number", of: request)) else {
            throw ControlError(
                message: "a dead letter's number is a whole number; deadletter list shows them"
            )
        }
        return number
    }

    private func unknown(_ number: UInt64) -> ControlError {
        ControlError(
            message: "there is no dead letter \(number): it was sent, dropped, or made room for newer ones"
        )
    }
}
