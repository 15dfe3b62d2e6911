/// The user and group that a process runs as, by number, without supplementary groups.
package struct UserIdentity: Hashable, Sendable {
    /// The user id.
    package var uid: UInt32
    /// The group id.
    package var gid: UInt32

    /// Makes an identity.
    package init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }
}
