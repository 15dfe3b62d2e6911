import TestSupport

/// The clients of the cloud's broker.
enum ChaosCloud {
    /// A client whose session the broker keeps.
    static func subscribe(at socket: String) async throws -> Program {
        let words = [
            "-oL", "mosquitto_sub", "--unix", socket, "-i", "subscriber", "-c", "-q", "1", "-t", "up/#", "-F",
            "%t %p",
        ]
        guard try await Program("/usr/bin/stdbuf", words + ["-E"]).end() == 0 else {
            throw ProgramError(description: "the broker takes no subscription")
        }
        return try Program("/usr/bin/stdbuf", words)
    }

    /// Begins to publish at QoS 1 in a steady beat, and writes a line for each.
    static func publish(to port: Int, perBeat: Int, beats: Int, topics: Int) throws -> Program {
        let numbers = [port, perBeat, beats, topics].map { "\($0)" }
        return try Program("/usr/bin/env", ["python3", "-c", publishing] + numbers)
    }

    /// What a lost connection leaves unacknowledged is published again, before anything else.
    private static let publishing = """
        import collections
        import socket
        import struct
        import sys
        import threading
        import time

        PORT, PER_BEAT, BEATS, TOPICS = map(int, sys.argv[1:])
        IN_FLIGHT_MAX = 20
        PATIENCE_SECONDS = 5

        CONNECT = bytes([0x10, 21]) + b'\\0\\4MQTT\\4\\2\\0\\0' + b'\\0\\x09publisher'
        CONNACK = bytes([0x20, 2, 0, 0])

        def publish(link, number):
            topic = 'down/{}'.format(number % TOPICS).encode()
            body = struct.pack('>H', len(topic)) + topic + packet_id(number) + str(number).encode()
            link.sendall(bytes([0x32, len(body)]) + body)

        def packet_id(number):
            return struct.pack('>H', number % 65535 + 1)

        def receive(link, count):
            data = b''
            while len(data) < count:
                part = link.recv(count - len(data))
                if not part:
                    raise OSError('closed')
                data += part
            return data

        def beat():
            for _ in range(BEATS):
                print('beat', flush=True)
                time.sleep(1)

        threading.Thread(target=beat).start()
        begin = time.monotonic()
        sent = 0
        unacknowledged = collections.deque()
        while sent < PER_BEAT * BEATS or unacknowledged:
            try:
                link = socket.create_connection(('127.0.0.1', PORT), PATIENCE_SECONDS)
                link.sendall(CONNECT)
                if receive(link, 4) != CONNACK:
                    raise OSError('refused')
                for number in unacknowledged:
                    publish(link, number)
                while sent < PER_BEAT * BEATS or unacknowledged:
                    wait = begin + sent / PER_BEAT - time.monotonic()
                    if sent < PER_BEAT * BEATS and len(unacknowledged) < IN_FLIGHT_MAX and wait <= 0:
                        unacknowledged.append(sent)
                        publish(link, sent)
                        sent += 1
                    elif unacknowledged:
                        if receive(link, 4) != bytes([0x40, 2]) + packet_id(unacknowledged[0]):
                            sys.exit('the broker acknowledges out of order')
                        unacknowledged.popleft()
                    else:
                        time.sleep(wait)
            except OSError:
                time.sleep(0.1)
        """
}
