import NIOCore

/// The longest line, which bounds what one output of a process can make the daemon keep.
///
/// What is longer goes on as a further line, so that nothing of it is lost.
let lineBytesMax = 64 * 1024

/// Cuts a stream of bytes into lines.
struct LineSplitter {
    /// The beginning of a line whose end has not come yet; never more than ``lineBytesMax``.
    private var pending = ByteBuffer()

    /// Takes the next bytes and passes on every line that they complete, without its newline.
    mutating func append(_ chunk: ByteBuffer, emit: (ByteBuffer) -> Void) {
        var chunk = chunk
        while chunk.readableBytes > 0 {
            let newline = chunk.readableBytesView.firstIndex(of: UInt8(ascii: "\n"))
            let room = lineBytesMax - pending.readableBytes
            let length = newline.map { $0 - chunk.readerIndex } ?? chunk.readableBytes
            if length > room, var part = chunk.readSlice(length: room) {
                emitLine(endingWith: &part, emit: emit)
            } else if var part = chunk.readSlice(length: length) {
                if newline == nil {
                    pending.writeBuffer(&part)
                } else {
                    chunk.moveReaderIndex(forwardBy: 1)
                    emitLine(endingWith: &part, emit: emit)
                }
            }
        }
    }

    /// Passes on the line that the stream ended in, if it did not end with a newline.
    mutating func finish(emit: (ByteBuffer) -> Void) {
        guard pending.readableBytes > 0 else { return }
        var nothing = ByteBuffer()
        emitLine(endingWith: &nothing, emit: emit)
    }

    private mutating func emitLine(endingWith part: inout ByteBuffer, emit: (ByteBuffer) -> Void) {
        guard pending.readableBytes > 0 else { return emit(part) }
        pending.writeBuffer(&part)
        emit(pending)
        pending = ByteBuffer()
    }
}
