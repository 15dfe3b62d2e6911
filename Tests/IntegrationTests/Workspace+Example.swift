import Foundation

extension Workspace {
    /// A copy of an example of the checkout, so that its daemon has a root of its own.
    convenience init(example: String) throws {
        try self.init()
        let source = "\(Self.package)/examples/\(example)"
        for item in try FileManager.default.contentsOfDirectory(atPath: source) {
            try FileManager.default.copyItem(atPath: "\(source)/\(item)", toPath: "\(folder)/\(item)")
        }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(root)/python",
            withDestinationPath: Self.pythonPackages
        )
    }
}
