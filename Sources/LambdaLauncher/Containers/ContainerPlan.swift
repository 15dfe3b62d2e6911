/// What the container of a process holds: a part of ``LaunchPlan``.
///
/// Every container has the host's programs and settings (`/usr`, `/etc`, `/bin`, `/lib` …) read-only, a
/// private `/tmp`, `/run`, `/dev` and `/proc`, and the host's network. The plan's executable and working
/// directory are paths in it.
package struct ContainerPlan: Hashable, Sendable {
    /// A file or folder of the host that is seen in the container.
    package struct Mount: Hashable, Sendable {
        /// Its path on the host.
        package var source: String
        /// Its path in the container.
        package var destination: String
        /// Whether it can't be written to.
        package var isReadOnly: Bool
        /// Whether the process gets the group that owns it.
        package var addsGroupOwner: Bool

        /// Makes a mount.
        package init(
            source: String,
            destination: String,
            isReadOnly: Bool = true,
            addsGroupOwner: Bool = false
        ) {
            self.source = source
            self.destination = destination
            self.isReadOnly = isReadOnly
            self.addsGroupOwner = addsGroupOwner
        }
    }

    /// A device of the host that can be used in the container.
    package struct Device: Hashable, Sendable {
        /// Its path, on the host and in the container.
        package var path: String
        /// Whether it can't be written to.
        package var isReadOnly: Bool
        /// Whether the process gets the group that owns it.
        package var addsGroupOwner: Bool

        /// Makes a device.
        package init(path: String, isReadOnly: Bool = true, addsGroupOwner: Bool = false) {
            self.path = path
            self.isReadOnly = isReadOnly
            self.addsGroupOwner = addsGroupOwner
        }
    }

    /// How a container may be made before it is known who is to run in it.
    ///
    /// The process then reads the variables from its standard input: one JSON object on one line.
    package struct Spare: Hashable, Sendable {
        /// The variables of the environment that tell one process from another.
        package var variables: Set<String>
        /// How long one is kept after the last process of its kind has ended.
        package var isKeptFor: Duration

        /// Makes a description.
        package init(variables: Set<String>, isKeptFor: Duration) {
            self.variables = variables
            self.isKeptFor = isKeptFor
        }
    }

    /// What is seen of the host beyond its programs; a later one covers an earlier one.
    package var mounts: [Mount]
    /// The devices beyond `/dev/null`, `zero`, `full`, `random`, `urandom` and `tty`.
    package var devices: [Device]
    /// Whether the host's `/sys` is seen, read-only.
    package var showsSysfs: Bool
    /// The most memory that all its processes may have together, in bytes; `nil` is no limit.
    package var memoryBytesMax: Int?
    /// How it may be made ahead; `nil`: not at all.
    package var spare: Spare?

    /// Makes a plan.
    package init(
        mounts: [Mount] = [],
        devices: [Device] = [],
        showsSysfs: Bool = false,
        memoryBytesMax: Int? = nil
    ) {
        self.mounts = mounts
        self.devices = devices
        self.showsSysfs = showsSysfs
        self.memoryBytesMax = memoryBytesMax
    }
}
