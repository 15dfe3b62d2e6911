import CMosquitto
import Glibc
import NIOCore

/// An eventfd: any thread rings it, and the thread that polls its descriptor wakes.
final class Wakeup: Sendable {
    let descriptor: CInt

    /// - Throws: `IOError` when the process has no descriptor left.
    init() throws {
        self.descriptor = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        guard self.descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "eventfd") }
    }

    deinit {
        close(self.descriptor)
    }

    /// Wakes the polling thread.
    ///
    /// The write fails only when the counter is at its end, and then it is awake.
    func ring() {
        var one: UInt64 = 1
        _ = write(self.descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Makes the descriptor unreadable again, until the next ring.
    func silence() {
        var count: UInt64 = 0
        _ = read(self.descriptor, &count, MemoryLayout<UInt64>.size)
    }

    /// Waits until the bell is rung.
    ///
    /// - Returns: whether it was, before `timeout` was over.
    func wait(for timeout: TimeAmount) -> Bool {
        var polled = pollfd(fd: self.descriptor, events: CShort(POLLIN), revents: 0)
        return poll(&polled, 1, timeout.pollMilliseconds) > 0
    }

    /// Waits until the bell is rung, `socket` can be read (if `isRead`) or written (if `isWritten`), or
    /// `timeout` is over.
    ///
    /// A socket with an error counts as readable, for reading tells the error.
    func wait(
        for timeout: TimeAmount,
        or socket: CInt,
        isRead: Bool = true,
        isWritten: Bool
    ) -> (hasRung: Bool, isSocketReadable: Bool) {
        let events = CShort((isRead ? POLLIN : 0) | (isWritten ? POLLOUT : 0))
        var polled: [2 of pollfd] = [
            pollfd(fd: self.descriptor, events: CShort(POLLIN), revents: 0),
            pollfd(fd: socket, events: events, revents: 0),
        ]
        var span = polled.mutableSpan
        let count = span.withUnsafeMutableBufferPointer { buffer in
            poll(buffer.baseAddress, nfds_t(buffer.count), timeout.pollMilliseconds)
        }
        guard count > 0 else { return (false, false) }
        return (polled[0].revents != 0, polled[1].revents & ~CShort(POLLOUT) != 0)
    }
}

extension TimeAmount {
    /// The same for `poll`, rounded up so that a deadline has passed when the wait is over.
    fileprivate var pollMilliseconds: CInt {
        CInt(clamping: max(0, (self.nanoseconds + 999_999) / 1_000_000))
    }
}
