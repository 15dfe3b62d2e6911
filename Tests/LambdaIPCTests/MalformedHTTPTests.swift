import TestSupport
import Testing

@testable import LambdaIPC

@Suite(.timeLimit(.minutes(2))) struct MalformedHTTPTests {
    @Test(
        "a spoiled request is answered in HTTP or not at all, and the next one is served",
        arguments: 0..<20 as Range<UInt64>
    )
    func fuzz(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        try await LegacyAPI.run { api in
            for _ in 0..<20 {
                let requests = [
                    api.publish(), api.invoke(), api.getWork(), api.initialized, api.postResult("x"),
                ]
                var bytes = Array(requests[Int.random(in: 0..<5, using: &generator)].utf8)
                Self.spoil(&bytes, using: &generator)
                let answer = try await Connection.open(port: api.port) { connection in
                    try? await connection.send(bytes: bytes)
                    connection.finish()
                    return await connection.rest()
                }
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 "), "seed \(seed): \(bytes)")
            }
            try await api.expect(400, api.publish(topic: "nobody"))
        }
    }

    static func spoil(_ bytes: inout [UInt8], using generator: inout SplitMix64) {
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            guard let position = bytes.indices.randomElement(using: &generator) else { return }
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: position)
            case 2: bytes.insert(contentsOf: bytes[..<position], at: position)
            case 3: bytes.removeSubrange(position...)
            default: bytes.insert(contentsOf: [0x0D, 0x0A, 0x0D, 0x0A], at: position)
            }
        }
    }
}
