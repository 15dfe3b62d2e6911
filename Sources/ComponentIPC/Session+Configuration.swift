internal import Components
internal import NIOCore

/// Configurations: GetConfiguration, UpdateConfiguration and SubscribeToConfigurationUpdate.
extension Session {
    func getConfiguration(_ request: Request, on streamID: Int32, _ caller: SessionIdentity) throws(IPCError)
    {
        let name = try request.string("componentName") ?? caller.componentName
        let keyPath = try request.strings("keyPath")
        let value: String
        do {
            value = try hub.services.configurations.value(of: name, at: keyPath)
        } catch {
            throw IPCError(error, name, keyPath)
        }
        var payload = ByteBuffer()
        payload.writeJSONObject { object in
            object.write("componentName", name)
            object.write("value", json: value)
        }
        answer(.getConfiguration, on: streamID, payload)
    }

    func updateConfiguration(
        _ request: Request,
        on streamID: Int32,
        _ caller: SessionIdentity
    ) throws(IPCError) {
        guard let timestamp = try request.number("timestamp") else { throw .missing("timestamp") }
        guard let value = try request.object("valueToMerge") else { throw .missing("valueToMerge") }
        let keyPath = try request.strings("keyPath")
        do {
            try hub.services.configurations.update(
                caller.componentName,
                at: keyPath,
                merging: request.text(of: value),
                timestamp: timestamp
            )
        } catch {
            throw IPCError(error, caller.componentName, keyPath)
        }
        answer(.updateConfiguration, on: streamID)
    }

    func subscribeToConfigurationUpdate(
        _ request: Request,
        on streamID: Int32,
        _ caller: SessionIdentity
    ) throws(IPCError) {
        let name = try request.string("componentName") ?? caller.componentName
        let keyPath = try request.strings("keyPath")
        let configurations = hub.services.configurations
        try answerWithEvents(.subscribeToConfigurationUpdate, on: streamID) { sender throws(IPCError) in
            do throws(ConfigurationError) {
                let subscription = try configurations.subscribe(to: name, at: keyPath) { changed in
                    sender.send("ConfigurationUpdateEvents", .configurationUpdate(name, changed))
                }
                return { configurations.cancel(subscription) }
            } catch {
                throw IPCError(error, name, keyPath)
            }
        }
    }
}

extension IPCError {
    fileprivate init(_ error: ConfigurationError, _ component: String, _ keyPath: [String]) {
        switch error {
        case .notFound:
            let resource =
                keyPath.isEmpty ? ("Component", component) : ("Key", keyPath.joined(separator: "."))
            self.init(.resourceNotFound, error.description, resource: resource)
        case .outdated: self.init(.failedUpdateConditionCheck, error.description)
        case .invalid: self.init(.invalidArguments, error.description)
        }
    }
}

extension ByteBuffer {
    fileprivate static func configurationUpdate(_ component: String, _ keyPath: [String]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSONObject { event in
            event.write("configurationUpdateEvent") { buffer in
                buffer.writeJSONObject { object in
                    object.write("componentName", component)
                    object.write("keyPath", each: keyPath) { key, buffer in
                        buffer.writeJSONString(key.utf8)
                    }
                }
            }
        }
        return buffer
    }
}
