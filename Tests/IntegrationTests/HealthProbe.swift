import Foundation

/// Asks the local health API over HTTP.
struct HealthProbe {
    private struct Worker: Decodable {
        let FuncArn: String
    }

    private let port: Int

    init(_ workspace: Workspace) async throws {
        port = try await workspace.status().legacyIPC.port
    }

    /// The ARNs of all workers.
    func arns() async throws -> [String] {
        let request =
            "GET /2016-11-01/health/workers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        let answer = try await RawConnection(port: port).exchange(Array(request.utf8))
        return try JSONDecoder().decode([Worker].self, from: Data(answer.body.utf8)).map(\.FuncArn)
    }
}
