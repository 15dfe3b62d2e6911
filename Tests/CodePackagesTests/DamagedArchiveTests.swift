import Foundation
import TestSupport
import Testing

@testable import CodePackages

@Suite("A damaged archive")
struct DamagedArchiveTests {
    private static let intact = Result { try Archive.bytes(Archive.ordinary) }

    let folder: TemporaryFolder
    let intact: [UInt8]

    init() throws {
        folder = try TemporaryFolder()
        intact = try Self.intact.get()
    }

    @Test("is refused wherever it was cut off")
    func truncated() throws {
        for count in intact.indices {
            #expect(throws: CodePackageError.self) { try unpack(intact.prefix(count)) }
            try expectNothingOutside()
            #expect(try folder.listing().count == 1)
        }
    }

    @Test("never reaches out of its folder, whatever bytes are wrong", arguments: 0..<400 as Range<UInt64>)
    func flipped(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bytes = intact
        for _ in 0...Int.random(in: 0..<4, using: &random) {
            // The directory, the last third, is where most can go wrong.
            let start = Bool.random(using: &random) ? 0 : bytes.count * 2 / 3
            let index = Int.random(in: start..<bytes.count, using: &random)
            bytes[index] =
                Bool.random(using: &random) ? .random(in: 0...255, using: &random) : bytes[index] ^ 1
        }
        // It may also be unpacked: a wrong time or comment harms nobody.
        let isUnpacked = (try? unpack(bytes)) != nil
        try expectNothingOutside()
        #expect(FileManager.default.fileExists(atPath: folder.path + "/out/code") == isUnpacked)
    }

    @Test("never reaches out of its folder, whatever its pieces", arguments: 0..<100 as Range<UInt64>)
    func shuffled(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bytes = intact
        for _ in 0..<3 {
            let range = Int.random(in: 0..<bytes.count, using: &random)..<bytes.count
            let piece = range.prefix(.random(in: 1..<60, using: &random))
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes.insert(contentsOf: bytes[piece], at: place)
            if Bool.random(using: &random) { bytes.removeSubrange(piece) }
        }
        _ = try? unpack(bytes)
        try expectNothingOutside()
    }

    private func unpack(_ bytes: some Sequence<UInt8>) throws {
        let archive = try folder.write(bytes, to: "code.zip")
        _ = try CodePackage.unpack(archive, into: folder.path + "/out/code")
    }

    private func expectNothingOutside() throws {
        let manager = FileManager.default
        #expect(Set(try manager.contentsOfDirectory(atPath: folder.path)).isSubset(of: ["code.zip", "out"]))
        let out = folder.path + "/out"
        let names = (try? manager.contentsOfDirectory(atPath: out)) ?? []
        #expect(Set(names).isSubset(of: ["code", "code.stamp"]))
        for path in (try? manager.subpathsOfDirectory(atPath: out)) ?? [] {
            let real = URL(filePath: out + "/" + path).resolvingSymlinksInPath().path
            #expect(real.hasPrefix(out + "/code"))
        }
    }
}
