import Glibc

/// Two connected sockets that carry packets; each closes with its owner unless it is taken.
struct SocketPair: ~Copyable {
    /// One of the two.
    struct End: ~Copyable {
        /// Its descriptor.
        let number: Int32

        /// Hands it over to the caller.
        consuming func take() -> Int32 {
            let number = number
            discard self
            return number
        }

        deinit {
            close(number)
        }
    }

    /// The end that stays with the daemon or the launcher.
    let near: End
    /// The end for the process.
    let far: End

    /// Makes a pair that no program inherits; nil, with `errno`, if there are too many open files.
    init?() {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
        near = End(number: ends[0])
        far = End(number: ends[1])
    }
}
