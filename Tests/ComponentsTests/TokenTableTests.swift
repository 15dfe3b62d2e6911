import Components
import Testing

@Suite struct TokenTableTests {
    private let identity = Identity(componentName: "hello", instance: 7)

    @Test("a token tells who holds it, until it is revoked")
    func life() {
        let table = TokenTable()
        let token = table.issue(for: identity)
        #expect(table.identity(for: token) == identity)
        table.revoke(token)
        #expect(table.identity(for: token) == nil)
    }

    @Test("no two tokens are the same, and each is plain text without separators")
    func shape() {
        let table = TokenTable()
        let tokens = (0..<100).map { table.issue(for: Identity(componentName: "c", instance: $0)) }
        #expect(Set(tokens).count == 100)
        #expect(tokens.allSatisfy { $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
        #expect(tokens.enumerated().allSatisfy { table.identity(for: $1)?.instance == UInt64($0) })
    }

    @Test(
        "what is no token is nobody's",
        arguments: [
            "", "x", String(repeating: "A", count: 48), String(repeating: "é", count: 24), "\0", "A\nB",
        ]
    )
    func strangers(text: String) {
        let table = TokenTable()
        _ = table.issue(for: identity)
        #expect(table.identity(for: text) == nil)
    }

    @Test("one wrong digit anywhere makes a token nobody's")
    func oneWrongDigit() {
        let table = TokenTable()
        let token = Array(table.issue(for: identity))
        for position in token.indices {
            var wrong = token
            wrong[position] = wrong[position] == "0" ? "1" : "0"
            #expect(table.identity(for: String(wrong)) == nil)
        }
    }
}
