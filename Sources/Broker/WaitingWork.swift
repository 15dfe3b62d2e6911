/// An event that a function's queue has accepted and nobody has finished, on its way over a restart.
package struct WaitingWork: Sendable {
    /// The component whose function it waits for.
    package let component: String
    /// The function's ARN with its version.
    package let function: String
    /// The invocation's id, the same before and after the restart.
    package let invocationID: String
    /// How many instances have died in it.
    package let deaths: Int
    /// What the function is to get.
    package let message: Message

    /// Makes a piece of work.
    package init(component: String, function: String, invocationID: String, deaths: Int, message: Message) {
        self.component = component
        self.function = function
        self.invocationID = invocationID
        self.deaths = deaths
        self.message = message
    }
}
