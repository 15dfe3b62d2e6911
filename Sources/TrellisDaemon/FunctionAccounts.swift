internal import Glibc
internal import GreengrassModel
internal import LambdaLauncher
internal import LambdaManager

/// Finds the users and groups that functions and other components run as.
enum FunctionAccounts {
    /// Who components run as that name nobody, as Greengrass' own installer makes them.
    private static let originals = (user: "ggc_user", group: "ggc_group")
    /// The most bytes that an entry of the user database may have.
    private static let entryBytesMax = 64 * 1024

    /// The account of each user that a component names, and for `nil` the default.
    ///
    /// - Parameters:
    ///   - components: Whose users to find, with what they name.
    ///   - configured: Who they run as by default; `nil`: `ggc_user` and `ggc_group` where both exist
    ///     and the daemon is root, else the daemon's own user.
    ///   - warn: Gets a sentence when they run as root without anybody having said so.
    /// - Returns: The accounts.
    /// - Throws: `DaemonError` when a user or group does not exist, or the daemon can't become another user.
    static func find(
        for components: [(name: ComponentName, user: PosixUser?)],
        default configured: PosixUser?,
        warn: (String) -> Void
    ) throws(DaemonError) -> [PosixUser?: FunctionAccount] {
        var accounts: [PosixUser?: FunctionAccount] = [:]
        accounts[.none] =
            try configured.map { user throws(DaemonError) in
                try account(user, of: "trellis.json")
            } ?? defaultAccount(warn)
        for component in components {
            guard let user = component.user, accounts[user] == nil else { continue }
            accounts[user] = try account(user, of: "\(component.name)")
        }
        return accounts
    }

    private static func defaultAccount(_ warn: (String) -> Void) -> FunctionAccount {
        if geteuid() == 0, let user = user(named: originals.user), let group = group(named: originals.group) {
            return FunctionAccount(
                user: originals.user,
                group: originals.group,
                home: user.home,
                identity: UserIdentity(uid: user.uid, gid: group)
            )
        }
        let user = user(numbered: geteuid())
        if geteuid() == 0 {
            warn(
                "functions run as root, as the daemon does: there is no user \(originals.user) with a group "
                    + "\(originals.group); make them, or name a user in trellis.json as "
                    + "runWithDefault.posixUser"
            )
        }
        return FunctionAccount(
            user: user?.name ?? "\(geteuid())",
            group: groupName(getegid()),
            home: user?.home,
            identity: nil
        )
    }

    private static func account(
        _ named: PosixUser,
        of source: String
    ) throws(DaemonError) -> FunctionAccount {
        let number = UInt32(named.user)
        let user = user(named: named.user) ?? number.flatMap(user(numbered:))
        guard let uid = user?.uid ?? number else {
            throw DaemonError("\(source): there is no user \(named.user); make it, or name another posixUser")
        }
        var gid = user?.gid
        if let name = named.group {
            gid = group(named: name) ?? UInt32(name)
            guard gid != nil else {
                throw DaemonError("\(source): there is no group \(name); make it, or name another posixUser")
            }
        }
        guard let gid else {
            throw DaemonError("\(source): the user \(named) has no group; name one, like \(named):GROUP")
        }
        let isOwn = uid == geteuid() && gid == getegid()
        guard isOwn || geteuid() == 0 else {
            throw DaemonError(
                "\(source): only a daemon that runs as root can run functions as \(named); run it as root, "
                    + "or take the posixUser out"
            )
        }
        return FunctionAccount(
            user: user?.name ?? named.user,
            group: groupName(gid),
            home: user?.home,
            identity: isOwn ? nil : UserIdentity(uid: uid, gid: gid)
        )
    }

    private struct User {
        let name: String
        let uid: UInt32
        let gid: UInt32
        let home: String
    }

    private static func user(named name: String) -> User? {
        user { entry, buffer, size, result in getpwnam_r(name, entry, buffer, size, result) }
    }

    private static func user(numbered uid: UInt32) -> User? {
        user { entry, buffer, size, result in getpwuid_r(uid, entry, buffer, size, result) }
    }

    private static func user(
        _ lookUp: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) -> User? {
        var entry = passwd()
        var result: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: entryBytesMax)
        return buffer.withUnsafeMutableBufferPointer { buffer -> User? in
            guard let base = buffer.baseAddress,
                lookUp(&entry, base, buffer.count, &result) == 0, result != nil
            else { return nil }
            return User(
                name: String(cString: entry.pw_name),
                uid: entry.pw_uid,
                gid: entry.pw_gid,
                home: String(cString: entry.pw_dir)
            )
        }
    }

    private static func group(named name: String) -> UInt32? {
        group { entry, buffer, size, result in getgrnam_r(name, entry, buffer, size, result) }?.gid
    }

    private static func groupName(_ gid: UInt32) -> String {
        let group = group { entry, buffer, size, result in getgrgid_r(gid, entry, buffer, size, result) }
        return group?.name ?? "\(gid)"
    }

    private static func group(
        _ lookUp: (
            UnsafeMutablePointer<Glibc.group>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<Glibc.group>?>
        ) -> Int32
    ) -> (name: String, gid: UInt32)? {
        var entry = Glibc.group()
        var result: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: entryBytesMax)
        return buffer.withUnsafeMutableBufferPointer { buffer -> (name: String, gid: UInt32)? in
            guard let base = buffer.baseAddress,
                lookUp(&entry, base, buffer.count, &result) == 0, result != nil
            else { return nil }
            return (String(cString: entry.gr_name), entry.gr_gid)
        }
    }
}
