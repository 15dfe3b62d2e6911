import Testing
import TopicRouter

@Suite("Validation of topic names and filters")
struct TopicValidationTests {
    @Test(
        "names and filters without wildcards are kept as they are",
        arguments: [
            "a", "/", "//", "/a", "a//b", "a/", " ", "ACCOUNTS", "$SYS/x", "$share/g/x", "é/ß", "𝄞",
            "\u{FEFF}a", "a\u{1}",
        ]
    )
    func plainText(text: String) throws {
        let name = try TopicName(text)
        let filter = try TopicFilter(text)
        #expect(name.description == text && name.utf8 == Array(text.utf8))
        #expect(filter.description == text && filter.utf8 == Array(text.utf8))
        #expect(!filter.hasWildcard)
    }

    @Test(
        "wildcards alone in their level make a filter, and no name",
        arguments: [
            "#", "+", "+/+", "/+", "+/", "a/#", "a/+/#", "+/tennis/#", "$SYS/#", "/#", "//#", "$share/g/#",
        ]
    )
    func wildcards(text: String) throws {
        #expect(try TopicFilter(text).hasWildcard)
        let offset = Array(text.utf8).firstIndex { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") } ?? -1
        let wildcard = Character(Unicode.Scalar(Array(text.utf8)[offset]))
        #expect(throws: TopicError.wildcardInTopicName(wildcard: wildcard, offset: offset)) {
            try TopicName(text)
        }
    }

    @Test(
        "a wildcard elsewhere makes no filter",
        arguments: [
            ("a+", TopicError.wildcardNotAlone(wildcard: "+", offset: 1)),
            ("+a", .wildcardNotAlone(wildcard: "+", offset: 0)),
            ("++", .wildcardNotAlone(wildcard: "+", offset: 0)),
            ("sport+/b", .wildcardNotAlone(wildcard: "+", offset: 5)),
            ("sport/tennis#", .wildcardNotAlone(wildcard: "#", offset: 12)),
            ("##", .wildcardNotAlone(wildcard: "#", offset: 0)),
            ("+#", .wildcardNotAlone(wildcard: "+", offset: 0)),
            ("é/#a", .wildcardNotAlone(wildcard: "#", offset: 3)),
            ("#/", .multiLevelWildcardNotLast(offset: 0)),
            ("sport/tennis/#/ranking", .multiLevelWildcardNotLast(offset: 13)),
            ("a/#/#", .multiLevelWildcardNotLast(offset: 2)),
        ]
    )
    func misplacedWildcards(text: String, error: TopicError) {
        #expect(throws: error) { try TopicFilter(text) }
    }

    @Test(
        "bytes that no topic may hold are refused with their place",
        arguments: [
            ([], TopicError.empty),
            ([0x61, 0x00, 0x62], .nullCharacter(offset: 1)),
            ([0x61, 0xFF], .invalidUTF8(offset: 1)),
            ([0x61, 0x2F, 0x80], .invalidUTF8(offset: 2)),
            ([0xC0, 0x80], .invalidUTF8(offset: 0)),  // overlong U+0000
            ([0xC1, 0xBF], .invalidUTF8(offset: 0)),
            ([0xE0, 0x80, 0xAF], .invalidUTF8(offset: 0)),  // overlong '/'
            ([0x61, 0xED, 0xA0, 0x80], .invalidUTF8(offset: 1)),  // U+D800
            ([0xED, 0xBF, 0xBF], .invalidUTF8(offset: 0)),  // U+DFFF
            ([0xF4, 0x90, 0x80, 0x80], .invalidUTF8(offset: 0)),  // over U+10FFFF
            ([0x61, 0xE2, 0x82], .invalidUTF8(offset: 1)),  // cut off
        ] as [([UInt8], TopicError)]
    )
    func forbiddenBytes(bytes: [UInt8], error: TopicError) {
        #expect(throws: error) { try TopicName(utf8: bytes) }
        #expect(throws: error) { try TopicFilter(utf8: bytes) }
    }

    @Test("65,535 bytes are allowed, one more is not")
    func length() throws {
        let longest = String(repeating: "é", count: 32_767) + "a"
        #expect(try TopicName(longest).utf8.count == TopicName.byteCountMax)
        #expect(try TopicFilter(longest).utf8.count == TopicFilter.byteCountMax)
        let error = TopicError.tooLong(byteCount: 65_536, byteCountMax: 65_535)
        #expect(throws: error) { try TopicName(longest + "a") }
        #expect(throws: error) { try TopicFilter(longest + "a") }
    }

    @Test(
        "an error says what is wrong, where, and what is allowed",
        arguments: [
            (TopicError.empty, "the topic is empty; it must have at least one character"),
            (
                .tooLong(byteCount: 70_000, byteCountMax: 65_535),
                "the topic has 70000 bytes of UTF-8; at most 65535 are allowed"
            ),
            (
                .wildcardInTopicName(wildcard: "+", offset: 2),
                "the topic name has the wildcard '+' at byte 2; wildcards are allowed only in topic filters"
            ),
            (
                .multiLevelWildcardNotLast(offset: 2),
                """
                the wildcard '#' at byte 2 is followed by another level; \
                it is allowed only as the last, as in 'a/#'
                """
            ),
        ]
    )
    func descriptions(error: TopicError, text: String) {
        #expect(error.description == text)
    }

    @Test("any collection of bytes will do")
    func collections() throws {
        #expect(try TopicName(utf8: "a/b/c".utf8.dropFirst(2)).description == "b/c")
        #expect(try TopicFilter(utf8: [0x61, 0x2F, 0x2B][1...]).description == "/+")
    }
}
