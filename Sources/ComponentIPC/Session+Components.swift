internal import Broker
internal import Components
internal import NIOCore

/// Components: their states, their updates, and what can be asked of others.
extension Session {
    /// Who may ask whose token one is.
    private static let streamManagerName = "aws.greengrass.StreamManager"

    func updateState(_ request: Request, on streamID: Int32, _ caller: SessionIdentity) throws(IPCError) {
        let text = try request.requiredString("state")
        guard let state = ReportedState(rawValue: text) else {
            throw .invalidArguments("state is RUNNING or ERRORED, not \(text)")
        }
        hub.services.directory.report(state, by: caller.identity)
        answer(.updateState, on: streamID)
    }

    func subscribeToUpdates(on streamID: Int32, _ caller: SessionIdentity) throws(IPCError) {
        let updates = hub.services.updates
        try answerWithEvents(.subscribeToComponentUpdates, on: streamID) { sender in
            let subscription = updates.subscribe(caller.componentName) { event in
                sender.send("ComponentUpdatePolicyEvents", .updateEvent(event))
            }
            return { updates.cancel(subscription) }
        }
    }

    func deferUpdate(_ request: Request, on streamID: Int32, _ caller: SessionIdentity) throws(IPCError) {
        let deployment = try request.requiredString("deploymentId")
        let milliseconds = try request.number("recheckAfterMs") ?? 0
        guard let milliseconds = Int64(exactly: milliseconds.rounded()) else {
            throw .wrongType("recheckAfterMs", "a number of milliseconds")
        }
        let message = try request.string("message")
        do {
            try hub.services.updates.deferUpdate(
                deployment,
                by: caller.componentName,
                recheckAfter: milliseconds,
                message: message
            )
        } catch {
            throw IPCError(error)
        }
        answer(.deferComponentUpdate, on: streamID)
    }

    func validateToken(_ request: Request, on streamID: Int32, _ caller: SessionIdentity) throws(IPCError) {
        let token = try request.requiredString("token")
        guard caller.componentName == Self.streamManagerName else {
            throw .unauthorized(
                "\(caller.componentName) may not validate tokens; \(Self.streamManagerName) may"
            )
        }
        guard hub.services.tokens.identity(for: token) != nil else {
            throw IPCError(.invalidToken, "the token belongs to nobody")
        }
        var payload = ByteBuffer()
        payload.writeJSONObject { $0.write("isValid", json: "true") }
        answer(.validateAuthorizationToken, on: streamID, payload)
    }

    func listComponents(on streamID: Int32, _ caller: SessionIdentity) throws(IPCError) {
        try authorize(.listComponents, "*", caller)
        var payload = ByteBuffer()
        payload.writeJSONObject { object in
            object.write("components", each: hub.services.directory.components) { component, buffer in
                buffer.writeJSONObject { writeDetails(of: component, &$0) }
            }
        }
        answer(.listComponents, on: streamID, payload)
    }

    func componentDetails(_ request: Request, on streamID: Int32, _ caller: SessionIdentity) throws(IPCError)
    {
        let name = try request.requiredString("componentName")
        try authorize(.getComponentDetails, name, caller)
        let component: Component
        do {
            component = try hub.services.directory.component(named: name)
        } catch {
            throw IPCError(error)
        }
        var payload = ByteBuffer()
        payload.writeJSONObject { object in
            object.write("componentDetails") { buffer in
                buffer.writeJSONObject { writeDetails(of: component, &$0) }
            }
        }
        answer(.getComponentDetails, on: streamID, payload)
    }

    private func writeDetails(of component: Component, _ object: inout JSONObjectWriter) {
        object.write("componentName", component.name)
        object.write("version", component.version)
        object.write("state", component.state.rawValue)
        object.write(
            "configuration",
            json: hub.services.configurations.configurationText(of: component.name) ?? "{}"
        )
    }

    /// RestartComponent, StopComponent, PauseComponent and ResumeComponent.
    func change(
        _ operation: Operation,
        _ request: Request,
        on streamID: Int32,
        _ caller: SessionIdentity
    ) throws(IPCError) {
        let name = try request.requiredString("componentName")
        try authorize(operation, name, caller)
        let directory = hub.services.directory
        try answerLater(operation, on: streamID) { () async throws(IPCError) in
            do throws(ComponentError) {
                switch operation {
                case .restartComponent: try await directory.restart(name)
                case .stopComponent: try await directory.stop(name)
                case .pauseComponent: try await directory.pause(name)
                default: try await directory.resume(name)
                }
            } catch {
                guard case .failed(let reason) = error, let status = operation.statusMember else {
                    throw IPCError(error)
                }
                return .status(status, "FAILED", reason)
            }
            return operation.statusMember.map { .status($0, "SUCCEEDED", nil) } ?? .emptyObject
        }
    }

    func putMetrics(_ request: Request, on streamID: Int32, _ caller: SessionIdentity) throws(IPCError) {
        guard let list = try request.array("metrics") else { throw .missing("metrics") }
        var metrics: [ComponentMetrics.Metric] = []
        try request.forEachChild(of: list) { entry throws(IPCError) in
            guard request[entry].kind == .object else { throw .wrongType("metrics", "a list of objects") }
            let name = try request.requiredString("name", of: entry)
            try authorize(.putComponentMetric, name, caller)
            let unitName = try request.requiredString("unit", of: entry)
            guard let unit = ComponentMetrics.Unit(rawValue: unitName) else {
                throw .invalidArguments("\(unitName) is no unit of a metric")
            }
            guard let value = try request.number("value", of: entry), value >= 0, value.isFinite else {
                throw .invalidArguments("the value of \(name) must be a number that is not negative")
            }
            metrics.append(ComponentMetrics.Metric(name: name, unit: unit, value: value))
        }
        guard !metrics.isEmpty else { throw .missing("metrics") }
        do {
            try hub.services.metrics.put(metrics, of: caller.componentName)
        } catch {
            throw IPCError(error)
        }
        answer(.putComponentMetric, on: streamID)
    }

    func createDebugPassword(on streamID: Int32, _ caller: SessionIdentity) throws(IPCError) {
        try authorize(.createDebugPassword, "*", caller)
        let password = hub.services.debugPasswords.create()
        var payload = ByteBuffer()
        payload.writeJSONObject { object in
            object.write("password", password.text)
            object.write("username", DebugPasswords.userName)
            object.write("passwordExpiration", json: "\(Double(password.expiresAtMilliseconds) / 1_000)")
        }
        answer(.createDebugPassword, on: streamID, payload)
    }
}

extension Operation {
    /// The member of the response that says how it went, if it has one.
    fileprivate var statusMember: String? {
        switch self {
        case .restartComponent: "restartStatus"
        case .stopComponent: "stopStatus"
        default: nil
        }
    }
}

extension IPCError {
    init(_ error: ComponentError) {
        switch error {
        case .componentNotFound: self.init(.componentNotFound, error.description)
        case .invalidArguments(let reason): self.init(.invalidArguments, reason)
        case .failed(let reason): self.init(.service, reason)
        }
    }
}

extension ByteBuffer {
    fileprivate static func status(_ member: String, _ status: String, _ message: String?) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSONObject { object in
            object.write(member, status)
            object.write("message", message)
        }
        return buffer
    }

    fileprivate static func updateEvent(_ event: ComponentUpdateEvent) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSONObject { object in
            switch event {
            case .preUpdate(let deployment, let isRestarting):
                object.write("preUpdateEvent") { buffer in
                    buffer.writeJSONObject { event in
                        event.write("deploymentId", deployment)
                        event.write("isGgcRestarting", json: "\(isRestarting)")
                    }
                }
            case .postUpdate(let deployment):
                object.write("postUpdateEvent") { buffer in
                    buffer.writeJSONObject { $0.write("deploymentId", deployment) }
                }
            }
        }
        return buffer
    }
}
