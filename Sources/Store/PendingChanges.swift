internal import Broker
internal import GRDB

/// What is to be written next: the changes since the last transaction, of which later ones undo earlier ones.
///
/// So it never holds more than the broker's ring, the work that was resumed and one configuration for each
/// component, however slow the disk is.
struct PendingChanges {
    private(set) var letters: [UInt64: DeadLetter] = [:]
    private var forgottenLetters: Set<UInt64> = []
    private var finishedWork: Set<String> = []
    /// What makes the text of each component; `nil` is one without.
    private(set) var configurations: [String: @Sendable () -> String?] = [:]

    var isEmpty: Bool {
        letters.isEmpty && forgottenLetters.isEmpty && finishedWork.isEmpty && configurations.isEmpty
    }

    mutating func keep(_ letter: DeadLetter) {
        letters[letter.number] = letter
    }

    mutating func forget(_ number: UInt64) {
        // One that is not here is in the file, or is being written to it.
        if letters.removeValue(forKey: number) == nil {
            forgottenLetters.insert(number)
        }
    }

    mutating func finish(_ invocationID: String) {
        finishedWork.insert(invocationID)
    }

    mutating func keepConfiguration(of component: String, _ text: @escaping @Sendable () -> String?) {
        configurations[component] = text
    }

    /// Takes back changes that could not be written, from before those that are here.
    mutating func putBack(_ earlier: PendingChanges) {
        for (number, letter) in earlier.letters where forgottenLetters.remove(number) == nil {
            letters[number] = letter
        }
        forgottenLetters.formUnion(earlier.forgottenLetters)
        finishedWork.formUnion(earlier.finishedWork)
        configurations.merge(earlier.configurations) { later, _ in later }
    }

    func write(_ database: Database) throws {
        for letter in letters.values {
            try letter.insert(database)
        }
        for number in forgottenLetters {
            try DeadLetter.delete(number, database)
        }
        for invocationID in finishedWork {
            try WaitingWork.delete(invocationID, database)
        }
        for (component, text) in configurations {
            try ConfigurationRows.replace(component, by: text(), database)
        }
    }
}
