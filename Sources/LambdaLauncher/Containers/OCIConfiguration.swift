/// The `config.json` of an OCI bundle, as far as it is used; the names are the specification's.
struct OCIConfiguration: Encodable {
    struct Root: Encodable {
        let path: String
        var readonly = true
    }

    struct User: Encodable {
        let uid: UInt32
        let gid: UInt32
        let additionalGids: [UInt32]
    }

    struct Capabilities: Encodable {
        var bounding: [String] = []
        var effective: [String] = []
        var inheritable: [String] = []
        var permitted: [String] = []
        var ambient: [String] = []
    }

    struct Process: Encodable {
        var terminal = false
        let user: User
        let args: [String]
        let env: [String]
        let cwd: String
        var noNewPrivileges = true
        var capabilities = Capabilities()
    }

    struct Mount: Encodable {
        let destination: String
        let type: String
        let source: String
        let options: [String]
    }

    struct Namespace: Encodable {
        let type: String
    }

    struct IDMapping: Encodable {
        let containerID: UInt32
        let hostID: UInt32
        var size = 1
    }

    struct Device: Encodable {
        let path: String
        let type: String
        let major: Int64
        let minor: Int64
        let fileMode: UInt32
        let uid: UInt32
        let gid: UInt32
    }

    struct DeviceRule: Encodable {
        let allow: Bool
        var type: String?
        var major: Int64?
        var minor: Int64?
        let access: String
    }

    struct Memory: Encodable {
        let limit: Int
        let swap: Int?
    }

    struct Pids: Encodable {
        let limit: Int
    }

    struct Resources: Encodable {
        let memory: Memory?
        let pids: Pids
        let devices: [DeviceRule]
        let unified: [String: String]?
    }

    struct Linux: Encodable {
        let cgroupsPath: String?
        let namespaces: [Namespace]
        let uidMappings: [IDMapping]?
        let gidMappings: [IDMapping]?
        let devices: [Device]
        let resources: Resources?
        let seccomp: SeccompProfile
        let maskedPaths: [String]
        let readonlyPaths: [String]
    }

    var ociVersion = "1.0.0"
    var hostname = "lambda"
    let root: Root
    let process: Process
    let mounts: [Mount]
    let linux: Linux
    let annotations: [String: String]?
}
