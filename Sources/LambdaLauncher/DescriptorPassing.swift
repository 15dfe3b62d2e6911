import Glibc
import NIOCore

/// Sends one packet with descriptors attached, and waits while the socket is full.
///
/// - Throws: ``LauncherError`` when the other end is gone, or the packet is larger than the socket can carry.
func sendPacket(_ packet: ByteBuffer, descriptors: [Int32], to socket: Int32) throws(LauncherError) {
    let error = send(packet, descriptors: descriptors) { sendWaiting(&$0, to: socket) }
    if error != 0 {
        throw LauncherError("sending to trellis-launcher", errno: error)
    }
}

/// Sends one packet with descriptors attached if the socket has room for it now.
func trySendPacket(_ packet: ByteBuffer, descriptors: [Int32], to socket: Int32) -> Bool {
    send(packet, descriptors: descriptors) { message in
        sendmsg(socket, &message, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) < 0 ? errno : 0
    } == 0
}

/// Receives the descriptors, at most two, of one packet whose bytes mean nothing; nil if none has come.
///
/// No program inherits them.
func receiveDescriptors(from socket: Int32) -> [Int32]? {
    var byte: UInt8 = 0
    return withControlMessage([-1, -1]) { control in
        withUnsafeMutablePointer(to: &byte) { byte in
            var part = iovec(iov_base: byte, iov_len: 1)
            return withUnsafeMutablePointer(to: &part) { part in
                var message = msghdr()
                message.msg_iov = part
                message.msg_iovlen = 1
                message.msg_control = control.baseAddress
                message.msg_controllen = control.count
                let flags = Int32(MSG_DONTWAIT) | Int32(MSG_CMSG_CLOEXEC)
                guard recvmsg(socket, &message, flags) > 0 else { return nil }
                guard message.msg_controllen > 0 else { return [] }
                let length = control.load(as: cmsghdr.self).cmsg_len
                let size = MemoryLayout<Int32>.size
                return stride(from: MemoryLayout<cmsghdr>.size, to: length, by: size).map {
                    control.load(fromByteOffset: $0, as: Int32.self)
                }
            }
        }
    }
}

/// Lays out the message of one packet; `body` sends it and returns 0 or the error.
private func send(
    _ packet: ByteBuffer,
    descriptors: [Int32],
    _ body: (inout msghdr) -> Int32
) -> Int32 {
    packet.withUnsafeReadableBytes { bytes in
        withControlMessage(descriptors) { control in
            var part = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                iov_len: bytes.count
            )
            return withUnsafeMutablePointer(to: &part) { part in
                var message = msghdr()
                message.msg_iov = part
                message.msg_iovlen = 1
                message.msg_control = control.baseAddress
                message.msg_controllen = control.count
                return body(&message)
            }
        }
    }
}

/// Sends, and returns 0 or the error.
///
/// The socket does not block by itself, because an event loop reads its other direction.
private func sendWaiting(_ message: inout msghdr, to socket: Int32) -> Int32 {
    while sendmsg(socket, &message, Int32(MSG_NOSIGNAL)) < 0 {
        switch errno {
        case EINTR: continue
        case EAGAIN:
            var writable = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
            poll(&writable, 1, -1)
        case let error: return error
        }
    }
    return 0
}

/// Lays out what the macros `CMSG_LEN` and `CMSG_SPACE` would: a header, the descriptors, and padding to a
/// word.
private func withControlMessage<Result>(
    _ descriptors: [Int32],
    _ body: (UnsafeMutableRawBufferPointer) -> Result
) -> Result {
    guard !descriptors.isEmpty else { return body(UnsafeMutableRawBufferPointer(start: nil, count: 0)) }
    let length = MemoryLayout<cmsghdr>.size + descriptors.count * MemoryLayout<Int32>.size
    let word = MemoryLayout<Int>.size
    let space = (length + word - 1) / word * word
    return withUnsafeTemporaryAllocation(byteCount: space, alignment: MemoryLayout<cmsghdr>.alignment) {
        control in
        control.initializeMemory(as: UInt8.self, repeating: 0)
        var header = cmsghdr()
        header.cmsg_len = length
        header.cmsg_level = SOL_SOCKET
        header.cmsg_type = Int32(SCM_RIGHTS)
        control.storeBytes(of: header, as: cmsghdr.self)
        for (index, descriptor) in descriptors.enumerated() {
            let offset = MemoryLayout<cmsghdr>.size + index * MemoryLayout<Int32>.size
            control.storeBytes(of: descriptor, toByteOffset: offset, as: Int32.self)
        }
        return body(control)
    }
}
