import TopicRouter

/// A value of a document on its way to something typed: it knows its key path and where to complain.
///
/// Every reading method reports what is wrong and then answers `nil`, so that the caller goes on to the next
/// key.
struct DocumentNode {
    let value: JSONValue
    let keyPath: String
    let log: DiagnosticLog

    /// Reports that the value can't be used: `found …; ` and then `explanation`, which says what is allowed.
    func reject(_ explanation: @autoclosure () -> String, found: String? = nil) {
        log.add(
            .error,
            "found \(found ?? value.summary); \(explanation())",
            at: value.place,
            keyPath: keyPath
        )
    }

    /// Reports a doubt about the value.
    func warn(_ message: @autoclosure () -> String) {
        log.add(.warning, message(), at: value.place, keyPath: keyPath)
    }

    /// A string without NUL, which ends a string of the operating system.
    func string() -> String? {
        guard case .string(let text) = value.content else { return mismatch("a string") }
        guard !text.utf8.contains(0) else { return mismatch("a string without the character U+0000") }
        return text
    }

    /// A string of at least one character.
    func filledString() -> String? {
        guard let text = string() else { return nil }
        return text.isEmpty ? mismatch("a string that is not empty") : text
    }

    func bool() -> Bool? {
        guard case .bool(let value) = value.content else { return mismatch("true or false") }
        return value
    }

    /// A whole number within `range`, also when it is written like `60.0`.
    func wholeNumber(in range: ClosedRange<Int>) -> Int? {
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard
            case .number(let text) = value.content,
            let number = Int(text) ?? Double(text).flatMap({ Int(exactly: $0) }),
            range.contains(number)
        else { return mismatch(allowed) }
        return number
    }

    /// One of the words of `table`.
    func choice<Choice>(_ table: KeyValuePairs<String, Choice>) -> Choice? {
        if case .string(let text) = value.content, let match = table.first(where: { $0.key == text }) {
            return match.value
        }
        return mismatch(table.map { $0.key.quoted }.joined(separator: " or "))
    }

    func functionARN() -> FunctionARN? {
        guard let text = string() else { return nil }
        do {
            return try FunctionARN(text)
        } catch {
            reject(error.allowed)
            return nil
        }
    }

    func componentName() -> ComponentName? {
        guard let text = string() else { return nil }
        guard let name = try? ComponentName(text) else {
            reject(ComponentNameError.allowed)
            return nil
        }
        return name
    }

    func topicFilter() -> TopicFilter? {
        guard let text = string() else { return nil }
        do {
            return try TopicFilter(text)
        } catch {
            reject("\(error)")
            return nil
        }
    }

    func object() -> DocumentObject? {
        guard case .object(let members) = value.content else { return mismatch("an object") }
        return DocumentObject(members: members, node: self)
    }

    /// The members of an object whose keys are names that the author chose.
    func entries() -> [(key: String, place: SourcePlace, node: DocumentNode)]? {
        guard case .object(let members) = value.content else { return mismatch("an object") }
        return members.map { ($0.key, $0.place, child($0.value, key: $0.key)) }
    }

    /// The elements of a list; with `orIndexed` also of an object with the keys `"0"`, `"1"`, …, in their
    /// order, as a device keeps lists.
    func elements(orIndexed: Bool = false) -> [DocumentNode]? {
        switch value.content {
        case .array(let elements):
            return elements.enumerated().map { index, value in
                DocumentNode(value: value, keyPath: "\(keyPath)[\(index)]", log: log)
            }
        case .object(let members) where orIndexed:
            let indexed = members.compactMap { member in
                Int(member.key).map { (index: $0, node: child(member.value, key: member.key)) }
            }
            guard indexed.count == members.count else {
                return mismatch("a list, or an object with the keys \"0\", \"1\" and so on")
            }
            return indexed.sorted { $0.index < $1.index }.map(\.node)
        default:
            return mismatch(
                orIndexed ? "a list, or an object with the keys \"0\", \"1\" and so on" : "a list"
            )
        }
    }

    func child(_ value: JSONValue, key: String) -> DocumentNode {
        DocumentNode(value: value, keyPath: keyPath.keyPath(appending: key), log: log)
    }

    private func mismatch<Result>(_ allowed: String) -> Result? {
        reject("allowed is \(allowed)")
        return nil
    }
}
