import Foundation
import TestSupport

/// A PKCS #11 token of SoftHSM with one key.
struct Token {
    private static let tool = find("softhsm2-util", in: ["/usr/bin"])
    private static let engine = find("pkcs11.so", in: ["/usr/lib/\(machine)-linux-gnu/engines-3"])
    private static let module = find(
        "libsofthsm2.so",
        in: ["/usr/lib/softhsm", "/usr/lib/\(machine)-linux-gnu/softhsm"]
    )

    /// Whether this machine has all that it takes.
    static var isInstalled: Bool { tool != nil && engine != nil && module != nil }

    /// What names the key.
    let uri = "pkcs11:token=trellis;object=thing;type=private?pin-value=1234"
    private let folder: TemporaryFolder

    /// Puts the key of a PEM file on a new token, which this process sees from now on.
    init(key: String) async throws {
        self.folder = try TemporaryFolder(["tokens/empty": ""])
        try self.folder.write(
            "directories.tokendir = \(self.folder.path)/tokens\nobjectstore.backend = file\n".utf8,
            to: "softhsm.conf"
        )
        // Nothing else in these tests reads them.
        setenv("SOFTHSM2_CONF", "\(self.folder.path)/softhsm.conf", 1)
        setenv("PKCS11_MODULE_PATH", Self.module ?? "", 1)
        let plain = "\(self.folder.path)/key.p8"
        try await Self.run("/usr/bin/openssl", "pkcs8 -topk8 -nocrypt -in \(key) -out \(plain)")
        let tool = Self.tool ?? ""
        let module = "--module \(Self.module ?? "")"
        try await Self.run(tool, "\(module) --init-token --free --label trellis --pin 1234 --so-pin 5678")
        try await Self.run(
            tool,
            "\(module) --import \(plain) --token trellis --label thing --id 01 --pin 1234"
        )
    }

    private static func run(_ program: String, _ arguments: String) async throws {
        let program = try Program(program, arguments.split(separator: " ").map(String.init))
        guard try await program.end() == 0 else {
            throw ProgramError(description: program.lines.joined(separator: "\n"))
        }
    }

    private static func find(_ name: String, in folders: [String]) -> String? {
        let root = ProcessInfo.processInfo.environment["TRELLIS_TOKEN_ROOT"] ?? ""
        return folders.map { "\(root)\($0)/\(name)" }.first(where: FileManager.default.fileExists(atPath:))
    }

    private static var machine: String {
        #if arch(arm64)
        "aarch64"
        #else
        "x86_64"
        #endif
    }
}
