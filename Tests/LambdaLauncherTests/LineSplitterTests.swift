import NIOCore
import Testing

@testable import LambdaLauncher

@Suite("Lines")
struct LineSplitterTests {
    private func lines(_ chunks: [String]) -> [String] {
        var splitter = LineSplitter()
        var lines: [String] = []
        for chunk in chunks {
            splitter.append(ByteBuffer(string: chunk)) { lines.append(String(buffer: $0)) }
        }
        splitter.finish { lines.append(String(buffer: $0)) }
        return lines
    }

    @Test(
        "a line ends at a newline, wherever the chunks are cut",
        arguments: [
            ([], []),
            (["a\nb\n"], ["a", "b"]),
            (["a", "b", "\n", "c"], ["ab", "c"]),
            (["\n\n", "\n"], ["", "", ""]),
            (["a\n", "\n", "b"], ["a", "", "b"]),
            (["", "a", ""], ["a"]),
        ] as [([String], [String])]
    )
    func cuts(chunks: [String], expected: [String]) {
        #expect(lines(chunks) == expected)
    }

    @Test(
        "a longer line than 64 KiB goes on as a further line",
        arguments: [1000, 65_536, 65_537, 200_000]
    )
    func longLine(chunkBytes: Int) {
        let sizes = { (total: Int) in
            let text = String(repeating: "x", count: total) + "\ny"
            let chunks = stride(from: 0, to: text.count, by: chunkBytes).map {
                String(text.dropFirst($0).prefix(chunkBytes))
            }
            return lines(chunks).map(\.utf8.count)
        }
        #expect(sizes(65_535) == [65_535, 1])
        #expect(sizes(65_536) == [65_536, 1])
        #expect(sizes(65_537) == [65_536, 1, 1])
        #expect(sizes(131_073) == [65_536, 65_536, 1, 1])
    }
}
