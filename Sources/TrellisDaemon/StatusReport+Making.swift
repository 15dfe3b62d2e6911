internal import Broker
internal import ComponentRunner
internal import ControlAPI
internal import Glibc
internal import LambdaManager
internal import MQTTBridge
internal import Store

/// The store itself, where `Store` is the report's part about it.
typealias StateStore = Store

extension StatusReport {
    /// How everything stands now.
    init(
        root: String,
        port: Int,
        front: ComponentFront,
        manager: LambdaManager,
        runner: ComponentRunner,
        cloud: Cloud?,
        further: FurtherLinks,
        store: StateStore
    ) {
        let broker = manager.broker
        self.init(
            root: root,
            pid: Int(getpid()),
            legacyIPC: LegacyIPC(port: port),
            componentIPC: front.status,
            mqtt: MQTT(
                endpoint: cloud?.endpoint ?? "none",
                host: cloud?.host ?? "",
                port: cloud?.port ?? 0,
                state: (cloud?.state ?? .off).rawValue,
                problem: cloud?.problem
            ),
            links: further.links.map { link in
                Link(
                    name: link.name,
                    host: link.host,
                    port: link.port,
                    state: link.state.rawValue,
                    problem: link.problem,
                    spool: link.bridge.spool?.status
                )
            },
            components: manager.functions.map { Component($0) } + runner.components.map { Component($0) },
            counters: broker.counters,
            deadLetters: broker.deadLetters.count,
            deadLettersEvicted: broker.deadLetters.evictedCount,
            store: Store(store.status),
            spool: broker.uplink?.spool.map { Spool($0.status) }
        )
    }
}
