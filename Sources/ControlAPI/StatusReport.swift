package import Broker
package import ComponentRunner
internal import Components
package import LambdaManager

/// What `trellis status` tells.
package struct StatusReport: Codable, Sendable {
    /// The legacy API's side.
    package struct LegacyIPC: Codable, Sendable {
        /// Its port on the loopback interface.
        package var port: Int

        /// Makes the part.
        package init(port: Int) {
            self.port = port
        }
    }

    /// The Greengrass IPC's side.
    package struct ComponentIPC: Codable, Sendable {
        /// The path of its socket.
        package var socket: String
        /// How many clients are connected.
        package var connections: Int
        /// How many messages were lost to subscribers that did not read in time.
        package var lostMessages: Int

        /// Makes the part.
        package init(socket: String, connections: Int, lostMessages: Int) {
            self.socket = socket
            self.connections = connections
            self.lostMessages = lostMessages
        }
    }

    /// The cloud's side.
    package struct MQTT: Codable, Sendable {
        /// As configured: `embedded`, `none` or a host name.
        package var endpoint: String
        /// The host connected to; empty when the cloud is switched off.
        package var host: String
        /// The port connected to; 0 when the cloud is switched off.
        package var port: Int
        /// `off`, `connecting`, `connected` or `disconnected`.
        package var state: String
        /// Why there is no connection, in words that a person can act on; `nil` while there is one.
        package var problem: String?

        /// Makes the part.
        package init(endpoint: String, host: String, port: Int, state: String, problem: String?) {
            self.endpoint = endpoint
            self.host = host
            self.port = port
            self.state = state
            self.problem = problem
        }
    }

    /// A link beside the one to the cloud.
    package struct Link: Codable, Sendable {
        /// The broker's name in the configuration, or `$share/GROUP`.
        package var name: String
        /// The host connected to.
        package var host: String
        /// The port connected to.
        package var port: Int
        /// `connecting`, `connected` or `disconnected`.
        package var state: String
        /// Why there is no connection; `nil` while there is one.
        package var problem: String?
        /// What waits for the broker; `nil` for a group, which sends nothing.
        package var spool: Spool?

        /// Makes the part.
        package init(
            name: String,
            host: String,
            port: Int,
            state: String,
            problem: String?,
            spool: SpoolStatus?
        ) {
            self.name = name
            self.host = host
            self.port = port
            self.state = state
            self.problem = problem
            self.spool = spool.map { Spool($0) }
        }
    }

    /// One component.
    package struct Component: Codable, Sendable {
        /// Its name.
        package var name: String
        /// Its version.
        package var version: String
        /// Its state, as the originals spell it.
        package var state: String
        /// How many processes it has.
        package var instances: Int
        /// How many invocations wait; none for one that is no function.
        package var queue = 0
        /// What went wrong with a function.
        package var counters = FunctionCounters()

        /// Describes a function.
        package init(_ function: LambdaFunction) {
            name = function.component.name
            version = function.component.version
            state = function.component.state.rawValue
            instances = function.instanceCount
            queue = function.queueCount
            counters = function.counters
        }

        /// Describes a component that is no function.
        package init(_ running: RunningComponent) {
            name = running.component.name
            version = running.component.version
            state = running.component.state.rawValue
            instances = running.instances.count
        }
    }

    /// What is to survive a restart.
    package struct Store: Codable, Sendable {
        /// Why it is in memory only; `nil` while it is on the disk.
        package var problem: String?
        /// How many dead letters are still to be written: for a moment, or until a problem is over.
        package var unwrittenDeadLetters: Int

        /// Makes the part.
        package init(problem: String?, unwrittenDeadLetters: Int) {
            self.problem = problem
            self.unwrittenDeadLetters = unwrittenDeadLetters
        }
    }

    /// What waits for the cloud, or for another broker.
    package struct Spool: Codable, Sendable {
        /// `Memory` or `Disk`.
        package var storageType: String
        /// Why the disk can't be used now; `nil` while it can.
        package var problem: String?
        /// How many messages wait or are on their way.
        package var messages: Int
        /// How many bytes of payload they have.
        package var bytes: Int
        /// How many they may have.
        package var maxSizeInBytes: Int
        /// How many outlived their time to live since the start.
        package var expired: Int
        /// How many gave way to a later one of their topic since the start.
        package var superseded: Int

        /// Makes the part.
        package init(_ status: SpoolStatus) {
            storageType = status.isOnDisk ? "Disk" : "Memory"
            problem = status.problem
            messages = status.messageCount
            bytes = status.byteCount
            maxSizeInBytes = status.byteCountMax
            expired = status.expiredCount
            superseded = status.supersededCount
        }
    }

    /// The daemon's root folder, absolute.
    package var root: String
    /// The daemon's process.
    package var pid: Int
    /// The legacy API's side.
    package var legacyIPC: LegacyIPC
    /// The Greengrass IPC's side.
    package var componentIPC: ComponentIPC
    /// The cloud's side.
    package var mqtt: MQTT
    /// The links beside that: to further brokers, and for groups that share messages.
    package var links: [Link]
    /// Every deployed component, by name.
    package var components: [Component]
    /// What the broker has done.
    package var counters: BrokerCounters
    /// How many dead letters are kept.
    package var deadLetters: Int
    /// How many made room for newer ones since the start.
    package var deadLettersEvicted: Int
    /// What is to survive a restart.
    package var store: Store
    /// What waits for the cloud; `nil` when the cloud is switched off.
    package var spool: Spool?

    /// Makes a report.
    package init(
        root: String,
        pid: Int,
        legacyIPC: LegacyIPC,
        componentIPC: ComponentIPC,
        mqtt: MQTT,
        links: [Link],
        components: [Component],
        counters: BrokerCounters,
        deadLetters: Int,
        deadLettersEvicted: Int,
        store: Store,
        spool: Spool?
    ) {
        self.root = root
        self.pid = pid
        self.legacyIPC = legacyIPC
        self.componentIPC = componentIPC
        self.mqtt = mqtt
        self.links = links
        self.components = components
        self.counters = counters
        self.deadLetters = deadLetters
        self.deadLettersEvicted = deadLettersEvicted
        self.store = store
        self.spool = spool
    }
}
