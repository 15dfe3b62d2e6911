/// Reads `containerParams`, which may stand at either of two places, in either of two spellings.
struct ContainerParametersReader {
    /// The API's integers have 32 bits.
    private static let memoryRangeKB = 1...Int(Int32.max)

    private var memorySizeKB = GivenOnce<Int>()
    private var mountsReadOnlySysfs = GivenOnce<Bool>()
    private var volumes = GivenOnce<[ContainerParameters.Volume]>()
    private var devices = GivenOnce<[ContainerParameters.Device]>()

    /// What was read, and the defaults for the rest.
    var parameters: ContainerParameters {
        var parameters = ContainerParameters()
        parameters.memorySizeKB = memorySizeKB.value ?? parameters.memorySizeKB
        parameters.mountsReadOnlySysfs = mountsReadOnlySysfs.value ?? parameters.mountsReadOnlySysfs
        parameters.volumes = volumes.value ?? parameters.volumes
        parameters.devices = devices.value ?? parameters.devices
        return parameters
    }

    mutating func read(_ node: DocumentNode?) {
        guard var object = node?.object() else { return }
        for key in ["memorySizeInKB", "memorySize"] {
            memorySizeKB.take(object.optional(key)) { $0.wholeNumber(in: Self.memoryRangeKB) }
        }
        mountsReadOnlySysfs.take(object.optional("mountROSysfs")) { $0.bool() }
        volumes.take(object.optional("volumes")) { $0.elements(orIndexed: true)?.compactMap(Self.readVolume) }
        devices.take(object.optional("devices")) { $0.elements(orIndexed: true)?.compactMap(Self.readDevice) }
        object.warnOfUnknownKeys()
    }

    private static func readVolume(_ node: DocumentNode) -> ContainerParameters.Volume? {
        guard var object = node.object() else { return nil }
        let source = object.required("sourcePath")?.hostPath()
        let destination = object.required("destinationPath")?.containerPath()
        let permission = readPermission(&object)
        let addsGroupOwner = object.optional("addGroupOwner")?.bool() ?? false
        object.warnOfUnknownKeys()
        guard let source, let destination else { return nil }
        return ContainerParameters.Volume(
            sourcePath: source,
            destinationPath: destination,
            permission: permission,
            addsGroupOwner: addsGroupOwner
        )
    }

    private static func readDevice(_ node: DocumentNode) -> ContainerParameters.Device? {
        guard var object = node.object() else { return nil }
        let path = object.required("path")?.devicePath()
        let permission = readPermission(&object)
        let addsGroupOwner = object.optional("addGroupOwner")?.bool() ?? false
        object.warnOfUnknownKeys()
        guard let path else { return nil }
        return ContainerParameters.Device(path: path, permission: permission, addsGroupOwner: addsGroupOwner)
    }

    private static func readPermission(_ object: inout DocumentObject) -> ContainerParameters.Permission {
        let words: KeyValuePairs = ["ro": ContainerParameters.Permission.readOnly, "rw": .readWrite]
        return object.optional("permission")?.choice(words) ?? .readOnly
    }
}
