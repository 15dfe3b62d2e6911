extension AccessPolicy {
    /// The originals read these names in any case.
    private static let fieldNames = ["policyDescription", "operations", "resources"]

    /// The policies in `node`, the `accessControl` of `component`: an object, or its JSON text.
    static func read(_ node: DocumentNode, component: String) -> [AccessPolicy] {
        guard let services = node.unfoldingText()?.entries() else { return [] }
        return services.flatMap { service, place, policies -> [AccessPolicy] in
            let known = IPCService.all.first { $0.name == service }
            if known == nil {
                node.log.add(
                    .warning,
                    "found \(service.quoted), which is no service of the Greengrass IPC; "
                        + hint(service, among: IPCService.all.map(\.name)),
                    at: place,
                    keyPath: policies.keyPath
                )
            }
            return (policies.entries() ?? []).compactMap { id, place, policy in
                read(policy, id, service: service, known, component: component, place: place)
            }
        }
    }

    private static func read(
        _ node: DocumentNode,
        _ id: String,
        service: String,
        _ known: IPCService?,
        component: String,
        place: SourcePlace
    ) -> AccessPolicy? {
        guard !id.isEmpty else {
            node.reject("a policy has a name that is not empty", found: id.quoted)
            return nil
        }
        guard var object = node.object(namesInAnyCase: fieldNames) else { return nil }
        let description = object.optional("policyDescription")?.string()
        let operations = object.required("operations")?.elements(orIndexed: true)?
            .compactMap { readOperation($0, known) }
        let resources = object.optional("resources")?.elements(orIndexed: true)?
            .compactMap { readResource($0, service: service, operations: operations ?? []) }
        object.warnOfUnknownKeys()
        guard let operations else { return nil }
        return AccessPolicy(
            component: component,
            service: service,
            id: id,
            description: description ?? "",
            operations: operations,
            resources: resources ?? [],
            place: place
        )
    }

    private static func readOperation(_ node: DocumentNode, _ service: IPCService?) -> String? {
        guard let name = node.filledString() else { return nil }
        let known = service?.operations.map { IPCService.operationPrefix + $0 } ?? []
        if name != "*", let service, !known.contains(name) {
            node.warn(
                "found \(name.quoted), which is no operation of \(service.name); "
                    + hint(name, among: known + service.operations)
            )
        }
        return name
    }

    private static func readResource(
        _ node: DocumentNode,
        service: String,
        operations: [String]
    ) -> String? {
        guard let text = node.string() else { return nil }
        do throws(ResourcePatternError) {
            _ = try ResourcePattern(text, service: service)
        } catch {
            node.reject("\(error)")
            return nil
        }
        let levels = text.split(separator: "/", omittingEmptySubsequences: false)
        if service == IPCService.pubsub, levels.contains(where: { $0 == "+" || $0 == "#" }),
            operations.contains(IPCService.operationPrefix + "PublishToTopic")
        {
            node.warn(
                "found \(text.quoted); + and # are plain characters in resources of this service, and no "
                    + "topic that is published to has one: * is any run of characters"
            )
        }
        return text
    }

    private static func hint(_ name: String, among names: [String]) -> String {
        if let near = name.nearest(in: names) {
            let isBare = !near.contains(".")
            return "did you mean \((isBare ? IPCService.operationPrefix + near : near).quoted)?"
        }
        return "known are \(names.filter { $0.contains(".") }.joined(separator: ", "))"
    }
}

extension DocumentNode {
    /// The value itself, or what the JSON text in it says, which then stands where the text does.
    fileprivate func unfoldingText() -> DocumentNode? {
        guard case .string(let text) = value.content else { return self }
        do throws(JSONProblem) {
            let document = try JSONDocument(Array(text.utf8))
            if let duplicate = document.duplicateKeys.first { throw duplicate }
            return DocumentNode(value: document.root.placed(at: value.place), keyPath: keyPath, log: log)
        } catch {
            reject(
                "line \(error.place.line), column \(error.place.column) of the text: \(error.message)",
                found: "a text that is no JSON"
            )
            return nil
        }
    }

    /// An object whose keys are known, whatever their case.
    fileprivate func object(namesInAnyCase names: [String]) -> DocumentObject? {
        guard let object = object() else { return nil }
        let members = object.members.map { member in
            var member = member
            member.key = names.first { $0.lowercased() == member.key.lowercased() } ?? member.key
            return member
        }
        return DocumentObject(members: members, node: self)
    }
}

extension JSONValue {
    fileprivate func placed(at place: SourcePlace) -> JSONValue {
        let content: Content =
            switch content {
            case .array(let elements):
                .array(elements.map { $0.placed(at: place) })
            case .object(let members):
                .object(
                    members.map { JSONMember(key: $0.key, place: place, value: $0.value.placed(at: place)) }
                )
            default: content
            }
        return JSONValue(content: content, place: place)
    }
}
