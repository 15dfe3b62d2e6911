/// What a function may see and use inside its container.
package struct ContainerParameters: Hashable, Sendable {
    /// What a function may do with a file or device.
    package enum Permission: Hashable, Sendable {
        /// `ro`.
        case readOnly
        /// `rw`.
        case readWrite
    }

    /// A file or folder of the host.
    package struct Volume: Hashable, Sendable {
        /// Its path on the host.
        package var sourcePath: String
        /// Its path in the container.
        package var destinationPath: String
        /// What the function may do with it.
        package var permission: Permission
        /// Whether the function gets the group that owns it.
        package var addsGroupOwner: Bool
    }

    /// A device of the host.
    package struct Device: Hashable, Sendable {
        /// Its path, on the host and in the container.
        package var path: String
        /// What the function may do with it.
        package var permission: Permission
        /// Whether the function gets the group that owns it.
        package var addsGroupOwner: Bool
    }

    /// The most memory, in units of 1024 bytes.
    package var memorySizeKB = 16_384
    /// Whether the host's `/sys` is seen, read-only.
    package var mountsReadOnlySysfs = false
    /// Files and folders of the host.
    package var volumes: [Volume] = []
    /// Devices of the host.
    package var devices: [Device] = []

    /// Makes the defaults.
    package init() {}
}
