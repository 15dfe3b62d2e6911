/// What is called in a function's code for an invocation: `module.function`.
package struct FunctionHandler: Hashable, Sendable, CustomStringConvertible {
    private static let lengthMax = 128
    static let allowed =
        "a handler is module.function, without spaces and at most \(lengthMax) characters, like app.handler"

    /// The module, with `/` or `.` between folders, for example `src/app`.
    package let module: String
    /// The function in it.
    package let function: String

    /// Splits at the last dot; `nil` when `text` is no handler.
    package init?(_ text: String) {
        guard
            text.count <= Self.lengthMax,
            !text.contains(where: { $0.isWhitespace || $0 == "\\" }),
            text.escaped == text,
            let dot = text.lastIndex(of: ".")
        else { return nil }
        module = String(text[..<dot])
        function = String(text[text.index(after: dot)...])
        // An empty step would name a folder above the code, or the root of the file system.
        let steps = text.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "/" }
        guard steps.allSatisfy({ !$0.isEmpty }), !function.contains("/") else { return nil }
    }

    /// The handler as it is written.
    package var description: String {
        "\(module).\(function)"
    }
}
