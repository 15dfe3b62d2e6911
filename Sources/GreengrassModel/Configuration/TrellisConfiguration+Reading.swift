extension TrellisConfiguration {
    /// The names that files and folders have when nobody names them.
    static let fileName = "trellis.json"
    private static let subscriptionsName = "subscriptions.json"
    private static let rootName = ".trellis"

    /// One daemon holds every component in memory.
    private static let componentsMax = 1000
    private static let thingNameLengthMax = 128
    private static let gibibyte = 1024 * 1024 * 1024
    private static let deadLettersMax = 1_000_000
    private static let shutdownSecondsMax = 3_600

    /// The configuration of a daemon that nobody configured, started in `folder`.
    init(defaultsIn folder: String) {
        self.init(
            root: DocumentFile.join(DocumentFile.currentFolder, DocumentFile.join(folder, Self.rootName))
        )
        useSubscriptions(in: folder)
    }

    /// Reads what the document has; the defaults stay for what it does not have.
    ///
    /// Relative paths begin at `folder`, which is that of the file.
    mutating func read(_ document: DocumentNode, folder: String) {
        guard var object = document.object() else { return }
        if let name = object.optional("thingName").flatMap(Self.readThingName) { thingName = name }
        if let name = object.optional("region").flatMap(Self.readRegion) { region = name }
        if let digits = object.optional("accountId").flatMap(Self.readAccountID) { accountID = digits }
        if let path = object.optional("root")?.filledString() {
            root = DocumentFile.join(DocumentFile.currentFolder, DocumentFile.join(folder, path))
        }
        if let node = object.optional("subscriptions") {
            subscriptionsPath = node.filledString().map { DocumentFile.join(folder, $0) }
        } else {
            useSubscriptions(in: folder)
        }
        readComponents(object.optional("components"), folder: folder)
        if var ipc = object.optional("legacyIPC")?.object() {
            legacyIPCPort = ipc.optional("port")?.wholeNumber(in: 0...65_535) ?? legacyIPCPort
            ipc.warnOfUnknownKeys()
        }
        posixUser = PosixUser.read(object.optional("runWithDefault"))
        isolation = object.optional("isolation")?.choice(Isolation.words) ?? isolation
        mqtt.read(object.optional("mqtt"), folder: folder)
        let proxy = NetworkProxy.read(object.optional("networkProxy"))
        mqtt.use(proxy)
        readTopicMappings(
            endpoints: object.optional("mqttEndpoints"),
            mappings: object.optional("mqttTopicMapping"),
            folder: folder,
            proxy: proxy
        )
        readLimits(object.optional("limits"))
        componentSettings.read(&object)
        object.warnOfUnknownKeys()
    }

    /// Takes the table that lies in `folder`, if there is one.
    private mutating func useSubscriptions(in folder: String) {
        let path = DocumentFile.join(folder, Self.subscriptionsName)
        subscriptionsPath = DocumentFile.kind(path) == .nothing ? nil : path
    }

    private mutating func readComponents(_ node: DocumentNode?, folder: String) {
        guard let node, let elements = node.elements() else { return }
        guard elements.count <= Self.componentsMax else {
            node.reject("at most \(Self.componentsMax) components run in one daemon")
            return
        }
        for element in elements {
            switch element.value.content {
            case .object:
                if let entry = GenericComponent.read(element) {
                    genericComponents.append(entry)
                }
            case .string:
                if let path = element.filledString() {
                    componentPaths.append(DocumentFile.join(folder, path))
                }
            default:
                element.reject("a component is the path of its file, or an object with its name and run")
            }
        }
    }

    private mutating func readLimits(_ node: DocumentNode?) {
        guard var object = node?.object() else { return }
        func number(_ key: String, atMost most: Int) -> Int? {
            object.optional(key)?.wholeNumber(in: 1...most)
        }
        let bytesMax = 16 * Self.gibibyte
        limits.queueBytesMax = number("queueMaxSizeInBytes", atMost: bytesMax) ?? limits.queueBytesMax
        limits.allQueuesBytesMax =
            number("allQueuesMaxSizeInBytes", atMost: bytesMax) ?? limits.allQueuesBytesMax
        limits.deadLetterCountMax =
            number("deadLetterMaxCount", atMost: Self.deadLettersMax) ?? limits.deadLetterCountMax
        limits.deadLetterBytesMax =
            number("deadLetterMaxSizeInBytes", atMost: bytesMax) ?? limits.deadLetterBytesMax
        if let seconds = object.optional("shutdownTimeoutInSeconds")?
            .wholeNumber(in: 0...Self.shutdownSecondsMax)
        {
            limits.shutdownTimeout = .seconds(seconds)
        }
        object.warnOfUnknownKeys()
    }

    /// AWS IoT's rule for thing names, which are also parts of MQTT client ids.
    private static func readThingName(_ node: DocumentNode) -> String? {
        node.text(
            ofAtMost: thingNameLengthMax,
            explanation: "a thing name is 1 to 128 letters, digits and : _ -"
        ) {
            $0.isLetter || $0.isNumber || ":_-".contains($0)
        }
    }

    private static func readRegion(_ node: DocumentNode) -> String? {
        node.text(ofAtMost: 64, explanation: "a region is 1 to 64 lowercase letters, digits and hyphens") {
            $0.isLowercase || $0.isNumber || $0 == "-"
        }
    }

    private static func readAccountID(_ node: DocumentNode) -> String? {
        guard let text = node.string() else { return nil }
        guard text.count == 12, text.isMade(of: \.isNumber) else {
            node.reject("an account is twelve digits, in quotes")
            return nil
        }
        return text
    }
}

extension DocumentNode {
    /// A string of 1 to `lengthMax` ASCII characters that `isAllowed` names.
    fileprivate func text(
        ofAtMost lengthMax: Int,
        explanation: String,
        isAllowed: (Character) -> Bool
    ) -> String? {
        guard let text = string() else { return nil }
        guard (1...lengthMax).contains(text.count), text.isMade(of: isAllowed) else {
            reject(explanation)
            return nil
        }
        return text
    }
}
