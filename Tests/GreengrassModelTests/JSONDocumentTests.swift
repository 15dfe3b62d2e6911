import GreengrassModel
import Testing

@Suite("JSON documents")
struct JSONDocumentTests {
    @Test(
        "what RFC 8259 allows is read",
        arguments: [
            "{}", "[]", " [ ] ", "null", "true", "\t\r\n0", "-0", "1.5e-3", "1E+2", "\"\"",
            #""\"\\\/\b\f\n\r\t""#,
            "[[],{},\"\u{7F}\"]", #"{"":1}"#, "\"\u{10FFFF}é\"", "123456789012345678901234567890",
        ]
    )
    func accepted(text: String) throws {
        _ = try JSONDocument([UInt8](text.utf8))
    }

    @Test("escapes become characters")
    func escapes() throws {
        let document = try JSONDocument([UInt8](#""\u0041\uD83D\uDE00\u00e9\n""#.utf8))
        guard case .string(let text) = document.root.content else {
            Issue.record("no string")
            return
        }
        #expect(text == "A😀é\n")
    }

    struct Refusal: CustomTestStringConvertible {
        let text: String
        let place: String
        let message: String
        var testDescription: String { text }
        init(_ text: String, _ place: String, _ message: String) {
            (self.text, self.place, self.message) = (text, place, message)
        }
    }

    @Test(
        "what RFC 8259 does not allow is refused where it stands",
        arguments: [
            Refusal("", "1:1", "found the end of the file; a value is expected here"),
            Refusal("\n  nul", "2:3", "found \"n\"; a value is expected here"),
            Refusal("nan", "1:1", "found \"n\"; a value is expected here"),
            Refusal("'a'", "1:1", "found \"'\"; a value is expected here"),
            Refusal("{} x", "1:4", "found \"x\" after the end of the document; only one value is allowed"),
            Refusal("[1,]", "1:4", "found \"]\" after a comma; remove the comma"),
            Refusal("{\"a\":1,\n}", "2:1", "found \"}\" after a comma; remove the comma"),
            Refusal("[1 2]", "1:4", "found \"2\"; a comma or \"]\" is expected here"),
            Refusal("[", "1:2", "found the end of the file; a value is expected here"),
            Refusal("[1", "1:3", "found the end of the file; a comma or \"]\" is expected here"),
            Refusal("{a:1}", "1:2", "found \"a\"; a key in double quotes is expected here"),
            Refusal("{\"a\" 1}", "1:6", "found \"1\"; a colon is expected after the key \"a\""),
            Refusal("{\"a\":}", "1:6", "found \"}\"; a value is expected here"),
            Refusal("// no", "1:1", "found \"/\"; a value is expected here"),
            Refusal("01", "1:2", "found a number with a leading zero; remove the zero"),
            Refusal("-", "1:2", "found the end of the file after a minus sign; a digit is expected"),
            Refusal("+1", "1:1", "found \"+\"; a value is expected here"),
            Refusal(".5", "1:1", "found \".\"; a value is expected here"),
            Refusal("1.", "1:3", "found the end of the file after a decimal point; a digit is expected"),
            Refusal("1e", "1:3", "found the end of the file after an exponent's e; a digit is expected"),
            Refusal("\"a", "1:3", "found the end of the file in a string; a closing quote is missing"),
            Refusal(
                "\"é\n\"",
                "1:3",
                "found a control character in a string; write it as \\u00XX, or end the string"
            ),
            Refusal(#""\x""#, "1:3", #"found "x" after a backslash; allowed are " \ / b f n r t and uXXXX"#),
            Refusal(#""\u12G4""#, "1:4", #"found \u without four hexadecimal digits after it"#),
            Refusal(#""\u+123""#, "1:4", #"found \u without four hexadecimal digits after it"#),
            Refusal(
                #""\uD800""#,
                "1:8",
                "found half of a surrogate pair; write both halves, or the character itself"
            ),
            Refusal(
                #""\uDC00\uD800""#,
                "1:8",
                "found half of a surrogate pair; write both halves, or the character itself"
            ),
            Refusal(
                #""\uD800\u0041""#,
                "1:14",
                "found half of a surrogate pair; write both halves, or the character itself"
            ),
            Refusal("\u{FEFF}{}", "1:1", "found a byte order mark; save the file as UTF-8 without one"),
            Refusal("\u{A0}1", "1:1", "found \"\u{A0}\"; a value is expected here"),
            Refusal("\0", "1:1", #"found "\u{0}"; a value is expected here"#),
        ]
    )
    func refused(refusal: Refusal) throws {
        let problem = try #require(throws: JSONProblem.self) { try JSONDocument([UInt8](refusal.text.utf8)) }
        #expect("\(problem.place.line):\(problem.place.column)" == refusal.place)
        #expect(problem.message == refusal.message)
    }

    @Test(
        "bytes that are no UTF-8 are refused where they stand",
        arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) throws {
        let text = [UInt8]("[\n\"é".utf8) + bytes + [UInt8]("\"]".utf8)
        let problem = try #require(throws: JSONProblem.self) { try JSONDocument(text) }
        #expect(problem.place == SourcePlace(line: 2, column: 3))
        #expect(problem.message == "found a byte that is not UTF-8; save the file as UTF-8")
    }

    @Test("every value knows its line and column, counted in characters")
    func places() throws {
        let document = try JSONDocument(
            [UInt8]("{\n  \"ä\": [1,\r\n 😀]}".replacing("😀", with: "\"😀\", 2").utf8)
        )
        guard case .object(let members) = document.root.content,
            case .array(let list) = members[0].value.content
        else {
            Issue.record("not the document")
            return
        }
        #expect(document.root.place == SourcePlace(line: 1, column: 1))
        #expect(members[0].place == SourcePlace(line: 2, column: 3))
        #expect(members[0].value.place == SourcePlace(line: 2, column: 8))
        #expect(
            list.map(\.place) == [
                SourcePlace(line: 2, column: 9), SourcePlace(line: 3, column: 2),
                SourcePlace(line: 3, column: 7),
            ]
        )
    }

    @Test("every duplicate key is told, and the first value stays")
    func duplicateKeys() throws {
        let document = try JSONDocument([UInt8](#"{"a":1,"a":2,"b":{"c":1,"\u0063":2}}"#.utf8))
        #expect(document.duplicateKeys.map(\.place.column) == [8, 25])
        #expect(document.duplicateKeys[1].message == #"found the key "c" twice; once is allowed"#)
        guard case .object(let members) = document.root.content else {
            Issue.record("no object")
            return
        }
        #expect(members.map(\.key) == ["a", "b"])
        #expect(members[0].value.summary == "1")
    }

    @Test("limits are kept")
    func limits() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(repeating: UInt8(ascii: "["), count: depth)
                + Array(repeating: UInt8(ascii: "]"), count: depth)
        }
        _ = try JSONDocument(nested(JSONDocument.depthMax))
        #expect(throws: JSONProblem.self) { try JSONDocument(nested(JSONDocument.depthMax + 1)) }
        #expect(throws: JSONProblem.self) {
            try JSONDocument(Array(repeating: UInt8(ascii: "{"), count: JSONDocument.bytesMax))
        }
        #expect(throws: JSONProblem.self) {
            try JSONDocument(Array(repeating: UInt8(ascii: " "), count: JSONDocument.bytesMax + 1))
        }
        let digits = Array(repeating: UInt8(ascii: "1"), count: JSONDocument.numberLengthMax)
        _ = try JSONDocument(digits)
        #expect(throws: JSONProblem.self) { try JSONDocument(digits + digits) }
    }
}
