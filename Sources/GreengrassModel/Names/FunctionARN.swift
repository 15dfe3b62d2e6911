/// The name of a Lambda function, for example `arn:aws:lambda:eu-central-1:123456789012:function:hello:3`.
///
/// Region and account may be empty, as in `arn:aws:lambda:::function:GGRouter`.
public struct FunctionARN: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes an ARN may have: a name of 64, an alias of 128, and 64 for the rest.
    public static let bytesMax = 256
    private static let nameLengthMax = 64
    private static let qualifierLengthMax = 128

    /// The partition, for example `aws` or `aws-cn`.
    public let partition: String
    /// The region, or an empty text.
    public let region: String
    /// The twelve digits of the account, or an empty text.
    public let accountID: String
    /// The name within the account.
    public let name: String
    /// A version, `$LATEST` or an alias; `nil` when the ARN ends with the name.
    public let qualifier: String?

    /// Reads an ARN.
    ///
    /// - Throws: What was found and what is allowed.
    public init(_ text: some StringProtocol) throws(FunctionARNError) {
        func check(_ isAllowed: Bool, _ allowed: @autoclosure () -> String) throws(FunctionARNError) {
            if !isAllowed { throw FunctionARNError(found: String(text), allowed: allowed()) }
        }
        try check(text.utf8.count <= Self.bytesMax, "a function ARN has at most \(Self.bytesMax) bytes")
        let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" }.map { String($0) }
        try check(
            (7...8).contains(parts.count) && parts[0] == "arn" && parts[2] == "lambda"
                && parts[5] == "function",
            "a function ARN looks like arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION"
        )
        let isPartition = parts[1] == "aws" || parts[1].hasPrefix("aws-")
        try check(
            isPartition && parts[1].isMade(of: { $0.isLowercase || $0.isNumber || $0 == "-" }),
            "the partition is aws, aws-cn, aws-us-gov or another one that begins with aws-"
        )
        try check(
            parts[3].isMade(of: { $0.isLowercase || $0.isNumber || $0 == "-" }),
            "the region is lowercase letters, digits and hyphens, or empty"
        )
        try check(
            parts[4].isEmpty || parts[4].count == 12 && parts[4].isMade { $0.isNumber },
            "the account is twelve digits, or empty"
        )
        try check(
            (1...Self.nameLengthMax).contains(parts[6].count) && parts[6].isMade(of: Self.isNameCharacter),
            "the function's name is 1 to \(Self.nameLengthMax) letters, digits, hyphens and underscores"
        )
        if parts.count == 8 { try check(Self.isQualifier(parts[7]), Self.qualifierAllowed) }
        (partition, region, accountID, name) = (parts[1], parts[3], parts[4], parts[6])
        qualifier = parts.count == 8 ? parts[7] : nil
    }

    private init(_ other: FunctionARN, qualifier: String?) {
        (partition, region, accountID, name) = (other.partition, other.region, other.accountID, other.name)
        self.qualifier = qualifier
    }

    /// The ARN without its qualifier.
    public var unqualified: FunctionARN {
        FunctionARN(self, qualifier: nil)
    }

    /// Whether the qualifier is a version number, not an alias, `$LATEST` or absent.
    public var isVersion: Bool {
        qualifier.map(Self.isVersionNumber) ?? false
    }

    /// The ARN as it is written.
    public var description: String {
        let unqualified = "arn:\(partition):lambda:\(region):\(accountID):function:\(name)"
        return qualifier.map { "\(unqualified):\($0)" } ?? unqualified
    }

    /// The same function in another version; `nil` when `version` is no version number.
    func atVersion(_ version: String) -> FunctionARN? {
        Self.isVersionNumber(version) ? FunctionARN(self, qualifier: version) : nil
    }

    /// Whether `text` is a version number: digits without a leading zero.
    static func isVersionNumber(_ text: String) -> Bool {
        !text.isEmpty && text.count <= qualifierLengthMax && text.isMade(of: \.isNumber) && text.first != "0"
    }

    /// Whether `text` can be the name of an alias.
    static func isAlias(_ text: String) -> Bool {
        (1...qualifierLengthMax).contains(text.count) && text.isMade(of: isNameCharacter)
            && !text.isMade(of: \.isNumber)
    }

    private static func isQualifier(_ text: String) -> Bool {
        text == "$LATEST" || isVersionNumber(text) || isAlias(text)
    }

    private static let qualifierAllowed =
        "the qualifier is a version number, $LATEST, or an alias of letters, digits, hyphens and underscores"

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "-" || character == "_"
    }
}

extension String {
    /// Whether every character is ASCII and one of those that `isAllowed` names.
    func isMade(of isAllowed: (Character) -> Bool) -> Bool {
        allSatisfy { $0.isASCII && isAllowed($0) }
    }
}
