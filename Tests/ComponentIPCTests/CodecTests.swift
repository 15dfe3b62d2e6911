import FoundationEssentials
import GreengrassModel
import NIOCore
import TestSupport
import Testing

@testable import ComponentIPC

@Suite("the texts in the IPC's messages")
struct CodecTests {
    @Test("base64 is that of Foundation, both ways")
    func base64() {
        var random = SplitMix64(seed: 3)
        for count in 0..<300 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            var text = ByteBuffer()
            bytes.withUnsafeBytes { text.writeBase64($0) }
            #expect(String(buffer: text) == Data(bytes).base64EncodedString())
            let back = ByteBuffer(base64: text.readableBytesSpan)
            #expect(back.map { Array($0.readableBytesView) } == bytes)
        }
    }

    @Test("what Foundation refuses as base64 is refused, and what it takes is the same")
    func hostileBase64() {
        var random = SplitMix64(seed: 4)
        let characters = Array("AQgw+/=-_ \n".utf8)
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                characters[Int.random(in: characters.indices, using: &random)]
            }
            let ours = ByteBuffer(base64: ByteBuffer(bytes: text).readableBytesSpan)
            let theirs = Data(base64Encoded: Data(text))
            if let ours {
                #expect(theirs == Data(ours.readableBytesView), "\(String(decoding: text, as: UTF8.self))")
            } else if let theirs {
                // Only what is not the one text of its bytes may be refused beside.
                #expect(Data(text) != theirs.base64EncodedData())
            }
        }
    }

    @Test(
        "JSON is taken as strictly as the standard says",
        arguments: [
            ("{}", true), (" [ ] ", true), ("null", true), ("-0.5e+10", true), (#""\u00e9\n""#, true),
            (#"{"a": [1, {"b": [[[[2]]]]}], "c": "d"}"#, true), ("", false), ("{", false), ("[1,]", false),
            ("{,}", false), (#"{"a"}"#, false), (#"{"a":}"#, false), (#"{"a": 1,}"#, false), ("01", false),
            ("1.", false), (".5", false), ("+1", false), ("1e", false), ("tru", false), ("nulll", false),
            (#""\x""#, false), (#""\u12g4""#, false), ("\"\u{1}\"", false), (#""open"#, false),
            ("[1 2]", false),
            ("{} {}", false), ("'a'", false), ("[[[[[}]]]]", false), ("[[[[{\"a\" 1}]]]]", false),
            ("[[[[[1,]]]]]", false), ("[[[[{\"a\":1,}]]]]", false),
        ]
    )
    func json(_ text: String, isTaken: Bool) {
        #expect(isJSON(Array(text.utf8)) == isTaken)
    }

    @Test("what is no UTF-8, nested too deeply or has too many values is no JSON that is taken")
    func limits() {
        #expect(!isJSON([0x22, 0xFF, 0x22]))
        let deep = String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
        #expect(isJSON(Array(deep.utf8)))
        #expect(!isJSON(Array("[\(deep)]".utf8)))
        #expect(!isJSON(Array(repeating: UInt8(ascii: "["), count: 1_000_000)))
        let many = "[" + String(repeating: "1,", count: 20_000) + "1]"
        #expect(!isJSON(Array(many.utf8)))
        // Deep inside nothing is written down, and so nothing is counted.
        #expect(isJSON(Array("[[[[\(many)]]]]".utf8)))
    }

    @Test("members are found by what their keys stand for, and the last of several counts")
    func members() throws {
        let text = ByteBuffer(string: #"{"a": 1, "\u0061": {"b": null, "c": "x\u00e9\ud83d\ude00\ud800\/"}}"#)
        var tape = JSONTape()
        try tape.read(text.readableBytesSpan)
        let request = try Request(text, tape)
        let object = try #require(try request.object("a"))
        #expect(try request.string("c", of: object) == "xé😀\u{FFFD}/")
        #expect(request.member("b", of: object) == nil)
        #expect(request.member("d", of: object) == nil)
    }

    @Test("damaged JSON is taken when it still is JSON")
    func fuzz() {
        var random = SplitMix64(seed: 5)
        let text = Array(#"{"topic": "a\u00e9", "m": {"x": [1.5e3, true, null, {"y": "z"}]}}"#.utf8)
        var tape = JSONTape()
        for _ in 0..<20_000 {
            var damaged = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(
                    in: 0...127,
                    using: &random
                )
            }
            damaged.removeLast(Int.random(in: 0...damaged.count / 2, using: &random))
            let buffer = ByteBuffer(bytes: damaged)
            let isTaken = (try? tape.read(buffer.readableBytesSpan)) != nil
            // The reader of files is as strict.
            let isJSON = (try? JSONDocument(damaged)) != nil
            #expect(isJSON == isTaken, "\(String(decoding: damaged, as: UTF8.self))")
        }
    }

    private func isJSON(_ bytes: [UInt8]) -> Bool {
        var tape = JSONTape()
        return (try? tape.read(ByteBuffer(bytes: bytes).readableBytesSpan)) != nil
    }
}
