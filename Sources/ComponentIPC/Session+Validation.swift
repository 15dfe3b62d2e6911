internal import Components
internal import NIOCore

/// Consent to a new configuration: SubscribeToValidateConfigurationUpdates and
/// SendConfigurationValidityReport.
extension Session {
    func subscribeToValidation(on streamID: Int32, _ caller: SessionIdentity) throws(IPCError) {
        let validation = hub.services.validation
        try answerWithEvents(.subscribeToValidateConfigurationUpdates, on: streamID) { sender in
            let subscription = validation.subscribe(caller.componentName) { event in
                sender.send("ValidateConfigurationUpdateEvents", .validation(event))
            }
            return { validation.cancel(subscription) }
        }
    }

    func reportValidity(_ request: Request, on streamID: Int32, _ caller: SessionIdentity) throws(IPCError) {
        guard let report = try request.object("configurationValidityReport") else {
            throw .missing("configurationValidityReport")
        }
        let deployment = try request.requiredString("deploymentId", of: report)
        let verdict: ConfigurationVerdict
        switch try request.requiredString("status", of: report) {
        case "ACCEPTED": verdict = .accepted
        case "REJECTED":
            verdict = .rejected(try request.string("message", of: report) ?? "no reason is given")
        case let status: throw .invalidArguments("status is ACCEPTED or REJECTED, not \(status)")
        }
        do {
            try hub.services.validation.report(verdict, of: caller.componentName, deploymentId: deployment)
        } catch {
            throw IPCError(error)
        }
        answer(.sendConfigurationValidityReport, on: streamID)
    }
}

extension ByteBuffer {
    fileprivate static func validation(_ event: ConfigurationValidation.Event) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSONObject { object in
            object.write("validateConfigurationUpdateEvent") { buffer in
                buffer.writeJSONObject { object in
                    object.write("configuration", json: event.configuration)
                    object.write("deploymentId", event.deploymentId)
                }
            }
        }
        return buffer
    }
}
