package import LambdaLauncher

/// The user and group that a function's processes run as.
package struct FunctionAccount: Hashable, Sendable {
    /// The user's name, or its number where it has none.
    package var user: String
    /// The group's name, or its number where it has none.
    package var group: String
    /// The user's home folder; `nil` when nobody knows one.
    package var home: String?
    /// Both by number; `nil` when they are the daemon's own, and nothing is changed.
    package var identity: UserIdentity?

    /// Makes an account.
    package init(user: String, group: String, home: String?, identity: UserIdentity?) {
        self.user = user
        self.group = group
        self.home = home
        self.identity = identity
    }

    /// What a process of another user than the daemon's finds of it in its environment.
    package var environment: [String: String] {
        guard identity != nil else { return [:] }
        var environment = ["USER": user, "LOGNAME": user]
        environment["HOME"] = home ?? "/"
        return environment
    }

    /// What `AWS_GREENGRASS_LAMBDA_LINUX_PROCESS_PARAMS` says.
    var processParameters: [String: String] {
        ["user": user, "group": group]
    }
}
