/// All subscriptions, checked and resolved.
public struct SubscriptionTable: Hashable, Sendable {
    /// The rows in the order of the file; no two have equal source, subject and target.
    public let rows: [ResolvedSubscription]

    /// Makes a table of `rows`, which the caller has checked.
    public init(_ rows: [ResolvedSubscription] = []) {
        self.rows = rows
    }

    /// Reads and checks the file at `path` against the components and mappings that are deployed with it.
    ///
    /// - Throws: Everything there is to say about the file, when it can't be used.
    package static func load(
        _ path: String,
        components: [LambdaComponent],
        mappings: [TopicMapping] = []
    ) throws(DocumentError) -> (table: SubscriptionTable, warnings: [Diagnostic]) {
        let log = DiagnosticLog(file: path)
        let table = read(
            DocumentFile.read(path, log: log),
            functions: DeployedFunctions(components),
            mappings: mappings
        )
        return (table, try [log].finish())
    }

    /// The table in `document`; what is wrong is in the document's log.
    static func read(
        _ document: DocumentNode?,
        functions: DeployedFunctions,
        mappings: [TopicMapping] = []
    ) -> SubscriptionTable {
        guard let document else { return SubscriptionTable() }
        let rows = SubscriptionReader(functions: functions).read(document)
        LoopSearch(rows: rows, components: functions.components, mappings: mappings)
            .report(to: document.log)
        return SubscriptionTable(rows)
    }
}
