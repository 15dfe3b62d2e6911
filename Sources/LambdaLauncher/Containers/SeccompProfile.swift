/// `linux.seccomp` of an OCI configuration: the system calls that a container's processes may not make.
///
/// It denies what the well-known default profile of container engines denies to processes without
/// capabilities, and allows the rest: what reaches over the walls of the container, changes the kernel or
/// the clock, or has often been the way to break out.
struct SeccompProfile: Encodable {
    struct Argument: Encodable {
        var index = 0
        let value: UInt64
        var valueTwo: UInt64?
        let op: String
    }

    struct Rule: Encodable {
        let names: [String]
        var action = "SCMP_ACT_ERRNO"
        var errnoRet: Int32?
        var args: [Argument]?
    }

    private static let denied = [
        "acct", "add_key", "bpf", "chroot", "clock_adjtime", "clock_adjtime64", "clock_settime",
        "clock_settime64", "create_module", "delete_module", "fanotify_init", "finit_module", "fsconfig",
        "fsmount", "fsopen", "fspick", "get_kernel_syms", "init_module", "io_uring_enter",
        "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load",
        "keyctl", "lookup_dcookie", "mount", "mount_setattr", "move_mount", "move_pages",
        "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open",
        "pidfd_getfd", "pivot_root", "process_vm_readv", "process_vm_writev", "ptrace", "query_module",
        "quotactl", "quotactl_fd", "reboot", "request_key", "setdomainname", "sethostname", "setns",
        "settimeofday", "stime", "swapoff", "swapon", "_sysctl", "sysfs", "syslog", "umount", "umount2",
        "unshare", "uselib", "userfaultfd", "ustat", "vhangup", "vm86", "vm86old",
    ]

    /// `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID` and `NEWNET`.
    private static let namespaceFlags: [UInt64] = [
        0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
    ]
    private static let errnoNoSuchCall: Int32 = 38
    /// The family `AF_VSOCK`, which leads to the hypervisor.
    private static let virtualMachineSockets: UInt64 = 40

    var defaultAction = "SCMP_ACT_ALLOW"
    /// All that the processor can run: the runtime allows only the calls of these.
    let architectures: [String]
    let syscalls: [Rule]

    init() {
        #if arch(x86_64)
        architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
        #elseif arch(arm64)
        architectures = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
        #else
        architectures = []
        #endif
        syscalls =
            [
                Rule(names: Self.denied),
                // Its flags are in memory, where a filter can't look; callers fall back to `clone`.
                Rule(names: ["clone3"], errnoRet: Self.errnoNoSuchCall),
                Rule(
                    names: ["socket"],
                    args: [Argument(value: Self.virtualMachineSockets, op: "SCMP_CMP_EQ")]
                ),
            ]
            + Self.namespaceFlags.map { flag in
                Rule(
                    names: ["clone"],
                    args: [Argument(value: flag, valueTwo: flag, op: "SCMP_CMP_MASKED_EQ")]
                )
            }
    }
}
