/// The ARNs that the SDKs call for what is built in.
package enum BuiltInFunction {
    /// Publishing is an invocation of the router.
    package static let router = "arn:aws:lambda:::function:GGRouter"
    /// The shadow service.
    package static let shadow = "arn:aws:lambda:::function:GGShadowService"
    /// The secret manager.
    package static let secretManager = "arn:aws:lambda:::function:GGSecretManager:1"
}
