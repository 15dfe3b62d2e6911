internal import Components
internal import FoundationEssentials
internal import GreengrassModel
internal import HTTPTypes
internal import Hummingbird
internal import LambdaManager
internal import NIOCore
internal import TopicRouter

/// Answers what goes wrong with a sentence, as a `ControlError`; it is the caller's to show.
struct ErrorAnswers: RouterMiddleware {
    typealias Context = BasicRequestContext

    @concurrent func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as ControlError {
            return try answer(error.message)
        } catch let error as ExplanationError {
            return try answer(error.description)
        } catch let error as TopicError {
            return try answer(error.description)
        } catch let error as CallError {
            return try answer(error.description)
        } catch let error as ComponentError {
            return try answer(error.description)
        } catch is NIOTooManyBytesError {
            let most = ControlServer.bodyBytesMax
            return try answer("at most \(most) bytes of payload are taken", status: .contentTooLarge)
        } catch let error as HTTPError where error.status == .notFound {
            let call = "\(request.method) \(request.uri.path)"
            return try answer(
                "the daemon does not serve \(call); is it of this command's version?",
                status: .notFound
            )
        } catch is CancellationError {
            return try answer("the daemon ends", status: .serviceUnavailable)
        }
    }

    private func answer(_ message: String, status: HTTPResponse.Status = .badRequest) throws -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(
                byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(ControlError(message: message)))
            )
        )
    }
}
