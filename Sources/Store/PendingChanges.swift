internal import Broker
internal import GRDB

/// What is to be written next: the changes since the last transaction, of which later ones undo earlier ones.
///
/// So it never holds more than the broker's ring and the work that was resumed, however slow the disk is.
struct PendingChanges {
    private(set) var letters: [UInt64: DeadLetter] = [:]
    private var forgottenLetters: Set<UInt64> = []
    private var finishedWork: Set<String> = []

    var isEmpty: Bool { letters.isEmpty && forgottenLetters.isEmpty && finishedWork.isEmpty }

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

    /// Takes back changes that could not be written, from before those that are here.
    mutating func putBack(_ earlier: PendingChanges) {
        for (number, letter) in earlier.letters where forgottenLetters.remove(number) == nil {
            letters[number] = letter
        }
        forgottenLetters.formUnion(earlier.forgottenLetters)
        finishedWork.formUnion(earlier.finishedWork)
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
    }
}
