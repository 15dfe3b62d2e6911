import Broker
import Logging
import NIOCore
import Store

/// A spool with what its file held, or in memory where there is to be no file or can be none.
struct OpenedSpool {
    private(set) var spool: UplinkSpool
    private(set) var file: SpoolFile?
    /// Why there is no file though there is to be one.
    private(set) var problem: String?

    init(_ configuration: MQTTBridgeConfiguration, _ logger: Logger) {
        let limits = SpoolLimits(
            bytesMax: configuration.spoolBytesMax,
            inFlightMax: configuration.inFlightMax,
            keepsQoS0WhenOffline: configuration.keepsQoS0WhenOffline,
            publishRetryMax: configuration.publishRetryMax
        )
        self.spool = UplinkSpool(limits: limits)
        guard let path = configuration.spoolPath else { return }
        do {
            let opened = try SpoolFile.open(path, pageCountMax: configuration.spoolPageCountMax)
            self.spool = UplinkSpool(limits: limits, hasFile: true)
            self.spool.restore(
                opened.rows,
                now: .now(),
                millisecondsSinceEpoch: WallClock.millisecondsSinceEpoch()
            )
            self.file = opened.file
            guard let (place, reason) = opened.setAside else { return }
            logger.error(
                """
                \(path) is damaged: \(reason). It was renamed to \(place), and a new one is begun: messages \
                for the cloud of before are in there only
                """
            )
        } catch {
            self.problem = "\(path) can't be used: \(error.reason)"
            logger.error(
                """
                \(path) can't be used: \(error.reason). Messages for the cloud wait in memory only; see to \
                it, and start the daemon again
                """
            )
        }
    }
}
