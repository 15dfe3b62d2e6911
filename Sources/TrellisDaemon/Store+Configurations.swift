internal import Components
internal import GreengrassModel
internal import Store

/// The store keeps what components write to their configuration.
extension Store: ConfigurationStore {}

extension ComponentConfigurations {
    /// Makes the components of `deployment` known with what their files say, and no others.
    func deploy(_ deployment: Deployment) throws(ConfigurationError) {
        let settings = deployment.configuration.componentSettings
        let names = deployment.components.map(\.name) + deployment.genericComponents.map(\.name)
        for name in names.map(\.description) {
            try deploy(name, defaults: settings.configuration(of: name))
        }
        forgetUndeployed()
    }
}
