internal import GreengrassModel

/// What `AWS_GREENGRASS_LAMBDA_CONTAINER_PARAMS` says, in the on-device spelling.
struct ContainerDescription: Codable {
    private struct Volume: Codable {
        let sourcePath: String
        let destinationPath: String
        let permission: String
        let addGroupOwner: Bool
    }

    private struct Device: Codable {
        let path: String
        let permission: String
        let addGroupOwner: Bool
    }

    private let memorySize: Int
    private let mountROSysfs: Bool
    private let volumes: [String: Volume]
    private let devices: [String: Device]

    init(_ parameters: ContainerParameters) {
        memorySize = parameters.memorySizeKB
        mountROSysfs = parameters.mountsReadOnlySysfs
        volumes = Self.numbered(parameters.volumes) { volume in
            Volume(
                sourcePath: volume.sourcePath,
                destinationPath: volume.destinationPath,
                permission: volume.permission.onDevice,
                addGroupOwner: volume.addsGroupOwner
            )
        }
        devices = Self.numbered(parameters.devices) { device in
            Device(
                path: device.path,
                permission: device.permission.onDevice,
                addGroupOwner: device.addsGroupOwner
            )
        }
    }

    /// On the device a list is an object whose keys are its indices.
    private static func numbered<Given, Shown>(_ list: [Given], _ show: (Given) -> Shown) -> [String: Shown] {
        Dictionary(uniqueKeysWithValues: list.enumerated().map { ("\($0)", show($1)) })
    }
}

extension ContainerParameters.Permission {
    fileprivate var onDevice: String {
        switch self {
        case .readOnly: "ro"
        case .readWrite: "rw"
        }
    }
}
