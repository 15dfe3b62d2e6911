import Testing

@Suite("The sources")
struct SourceTests {
    static let linesMax = 500
    static let columnsMax = 110

    @Test("every module with Swift in it stands in the table of modules")
    func modulesAreInTheTable() throws {
        let withSwift = try Checkout.folders(in: "Sources").filter {
            try !Checkout.textFiles(in: "Sources/" + $0, extensions: ["swift"]).isEmpty
        }
        #expect(Set(withSwift).subtracting(Module.all.map(\.name)) == [])
    }

    @Test("a module builds on modules below it only", arguments: Module.all)
    func arrowsPointDown(module: Module) {
        let below = Module.all.prefix { $0.name != module.name }.map(\.name)
        #expect(Set(module.buildsOn).isSubset(of: below))
    }

    @Test("a module imports only what the table allows", arguments: Module.all)
    func importsAreAllowed(module: Module) throws {
        let declaration =
            #/
            ^\s* (?:@\w+(?:\([^)]*\))?\s+)*
            (?:(?:public|package|internal|fileprivate|private)\s+)? import\s+
            (?:(?:struct|class|enum|protocol|actor|func|var|let|typealias)\s+)? (\w+)
            /#
        let allowed = module.allowedImports
        for file in try Checkout.textFiles(in: "Sources/" + module.name, extensions: ["swift"]) {
            let wrong = file.places { line in
                guard let name = line.firstMatch(of: declaration)?.output.1 else { return false }
                return !allowed.contains(String(name))
            }
            #expect(wrong == [])
        }
    }

    @Test("a file has 500 lines at most")
    func filesAreShort() throws {
        let extensions: Set = ["swift", "c", "h", "py"]
        let files = try ["Sources", "Tests"].flatMap {
            try Checkout.textFiles(in: $0, extensions: extensions)
        }
        let long = files.filter { $0.lineCount > Self.linesMax }.map(\.path)
        #expect(long == [])
    }

    @Test("a line of Swift has 110 columns at most")
    func linesAreShort() throws {
        let files = try ["Sources", "Tests"].flatMap { try Checkout.textFiles(in: $0, extensions: ["swift"]) }
        let places = files.flatMap { $0.places { $0.count > Self.columnsMax } }
        #expect(places == [])
    }

    @Test("nothing traps on purpose, and nothing is left for later")
    func bannedWords() throws {
        let files = try Checkout.textFiles(in: "Sources", extensions: ["swift", "c", "h", "py"])
        let places = files.flatMap { $0.places(matching: #/\bfatalError\b|\btry!|\bTODO\b|\bFIXME\b/#) }
        #expect(places == [])
    }

    @Test("only the command line prints")
    func printing() throws {
        let files = try Checkout.textFiles(in: "Sources", extensions: ["swift"])
            .filter { !$0.path.hasPrefix("Sources/trellis/") }
        let places = files.flatMap { $0.places(matching: #/(?:^|[^.\w])(?:debugPrint|print|dump)\(/#) }
        #expect(places == [])
    }

    @Test("no test waits by sleeping")
    func sleeping() throws {
        let files = try Checkout.textFiles(in: "Tests", extensions: ["swift"])
        let sleep = #/Task\.sleep|Thread\.sleep|(?:^|[^.\w])u?sleep\(/#
        let places = files.flatMap { $0.places(matching: sleep) }
        #expect(places == [])
    }
}
