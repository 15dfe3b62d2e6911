public import NIOCore
public import TopicRouter

extension Broker {
    /// Takes what is published on a bus to a link, under another topic.
    ///
    /// Each such way is a hop of the message.
    ///
    /// - Parameters:
    ///   - filter: Which topics are taken.
    ///   - bus: Where.
    ///   - link: Who gets them.
    ///   - prefix: What is put before the topic.
    ///   - name: What logs and dead letters call it.
    public func map(
        _ filter: TopicFilter,
        on bus: BusID,
        to link: any CloudLink,
        prefix: String,
        name: String
    ) {
        let mapped = MappedTopics(name: name, prefix: prefix, target: link)
        subscribe(add(mapped), to: filter, on: bus)
    }

    /// Takes what is published on a bus to the bus `local`, under another topic.
    ///
    /// - Parameters:
    ///   - filter: Which topics are taken.
    ///   - bus: Where.
    ///   - eventLoop: Where it is published again.
    ///   - prefix: What is put before the topic.
    ///   - name: What logs and dead letters call it.
    public func mapToLocal(
        _ filter: TopicFilter,
        on bus: BusID,
        eventLoop: any EventLoop,
        prefix: String,
        name: String
    ) {
        let relay = LocalRelay(name: name, broker: self, eventLoop: eventLoop)
        let mapped = MappedTopics(name: name, prefix: prefix, target: relay)
        subscribe(add(mapped), to: filter, on: bus)
    }
}

/// Gives messages another topic on their way to a subscriber.
final class MappedTopics: Subscriber {
    let name: String
    private let prefix: String
    private let target: any Subscriber

    init(name: String, prefix: String, target: any Subscriber) {
        self.name = name
        self.prefix = prefix
        self.target = target
    }

    func reserve(for message: Message) -> Reservation {
        guard message.hops < messageHopsMax else {
            return .gone("went over \(messageHopsMax) hops of functions and mappings: a loop?")
        }
        guard let mapped = mapped(message) else {
            return .gone("the topic is too long with the prefix \(prefix)")
        }
        return target.reserve(for: mapped)
    }

    func commit(_ message: Message) -> EventLoopFuture<Void>? {
        mapped(message).flatMap { target.commit($0) }
    }

    func cancel(_ message: Message) {
        if let mapped = mapped(message) {
            target.cancel(mapped)
        }
    }

    /// As the originals do it: at QoS 1, and not retained.
    private func mapped(_ message: Message) -> Message? {
        var mapped = message
        if !prefix.isEmpty {
            guard let topic = try? TopicName(prefix + message.topic.description) else { return nil }
            mapped.topic = topic
        }
        mapped.hops += 1
        mapped.qos = .atLeastOnce
        if mapped.properties?.isRetained == true {
            mapped.properties?.isRetained = false
        }
        return mapped
    }
}
