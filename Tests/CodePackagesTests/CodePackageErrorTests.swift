import Testing

@testable import CodePackages

@Suite("The error of a code package")
struct CodePackageErrorTests {
    @Test("names the archive, the entry and what to do in one line")
    func line() {
        let problem = PackageProblem("it is encrypted; do something", entry: "a/b")
        let error = CodePackageError(archive: "/x/code.zip", problem: problem)
        #expect(error.description == #"/x/code.zip, entry "a/b": it is encrypted; do something"#)
        let whole = CodePackageError(archive: "/x/code.zip", problem: PackageProblem("it is empty"))
        #expect(whole.description == "/x/code.zip: it is empty")
    }

    @Test("shows what could fake a line of a log as an escape")
    func escapes() {
        let entry = "a\r\n\u{1b}[2J\u{202e}\"\\\u{2028}é\0"
        let error = CodePackageError(archive: "x\ny", problem: PackageProblem("it", entry: entry))
        #expect(
            error.description
                == #"x\u{a}y, entry "a\u{d}\u{a}\u{1b}[2J\u{202e}\"\\\u{2028}é\u{0}": it"#
        )
        #expect(error.entry == entry)
    }

    @Test("cuts a long name")
    func cut() {
        let entry = String(repeating: "x", count: 120)
        let full = CodePackageError(archive: "a", problem: PackageProblem("it", entry: entry))
        #expect(full.description == "a, entry \"\(entry)\": it")
        let cut = CodePackageError(archive: "a", problem: PackageProblem("it", entry: entry + "y"))
        #expect(cut.description == "a, entry \"\(entry)…\": it")
    }
}
