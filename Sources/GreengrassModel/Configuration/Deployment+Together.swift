/// What only all component files together can show.
extension Deployment {
    /// Components that Trellis itself stands in for; importing a function makes it depend on some of them.
    private static let builtIn: Set<String> = [
        "aws.greengrass.Nucleus", "aws.greengrass.LambdaLauncher", "aws.greengrass.LambdaManager",
        "aws.greengrass.LambdaRuntimes", "aws.greengrass.LegacySubscriptionRouter",
    ]
    /// What all of AWS' own components are called.
    private static let originalsPrefix = "aws.greengrass."

    /// Checks component files against each other, and against the components beside them.
    ///
    /// - Parameters:
    ///   - files: The files, which are told what is wrong.
    ///   - others: Components that are deployed already; what their dependencies lack is told at the files.
    ///   - generic: The components that are no functions.
    ///   - isComplete: Whether that is every component; if not, one that is missing says nothing.
    static func checkTogether(
        _ files: [ComponentFile],
        beside others: [LambdaComponent] = [],
        _ generic: [GenericComponent] = [],
        isComplete: Bool
    ) {
        checkUnique(files, beside: others)
        checkAliases(files, beside: others)
        checkDependencies(files, beside: others, generic, isComplete: isComplete)
    }

    private static func checkUnique(_ files: [ComponentFile], beside others: [LambdaComponent]) {
        var byName: [ComponentName: String] = [:]
        var byARN: [FunctionARN: String] = [:]
        for other in others {
            byName[other.name] = other.file ?? "another component"
            byARN[other.arn] = "\(other.name)"
        }
        for file in files {
            if let other = byName.updateValue(file.name.location, forKey: file.component.name) {
                file.name.reject(
                    "\(other) has this component too; give one of them another componentName"
                )
            }
            if let other = byARN.updateValue(file.arn.location, forKey: file.component.arn) {
                file.arn.reject("\(other) has this function too; deploy it once")
            }
        }
    }

    private static func checkAliases(_ files: [ComponentFile], beside others: [LambdaComponent]) {
        var versionOfAlias: [FunctionARN: [String: String]] = [:]
        for other in others {
            versionOfAlias[other.arn.unqualified, default: [:]].merge(other.aliases) { first, _ in first }
        }
        for file in files {
            for (alias, version) in file.component.aliases.sorted(by: { $0.key < $1.key }) {
                let known = versionOfAlias[file.component.arn.unqualified, default: [:]].updateValue(
                    version,
                    forKey: alias
                )
                if let known, known != version {
                    file.aliases?.reject(
                        "another file says that \(alias.quoted) is version \(known), this one says \(version)"
                    )
                }
            }
        }
    }

    private static func checkDependencies(
        _ files: [ComponentFile],
        beside others: [LambdaComponent],
        _ generic: [GenericComponent],
        isComplete: Bool
    ) {
        let components = others + files.map(\.component)
        let named = components.map { ($0.name, $0.version) } + generic.map { ($0.name, $0.version) }
        let versions = Dictionary(named) { first, _ in first }
        for file in files {
            for dependency in file.component.dependencies {
                check(dependency, of: file, in: versions, isComplete: isComplete)
            }
        }
        for other in others {
            for dependency in other.dependencies {
                guard let requirement = dependency.versionRequirement,
                    let file = files.first(where: { $0.component.name == dependency.name }),
                    !requirement.allows(file.component.version)
                else { continue }
                file.name.reject(
                    "\(other.name) needs a version that is \(requirement.description)",
                    found: "version \(file.component.version)"
                )
            }
        }
        // A cycle goes through a file that was just read: what is deployed has none.
        guard let cycle = components.dependencyCycle,
            let file = files.first(where: { cycle.contains($0.component.name) })
        else { return }
        file.name.reject(
            "these components depend on one another, and none could start first; take one dependency out",
            found: cycle.map(\.description).joined(separator: " → ")
        )
    }

    private static func check(
        _ dependency: ComponentDependency,
        of file: ComponentFile,
        in versions: [ComponentName: String],
        isComplete: Bool
    ) {
        let name = dependency.name.description
        let node = file.dependencies[dependency.name]
        if let version = versions[dependency.name] {
            guard let requirement = dependency.versionRequirement, !requirement.allows(version) else {
                return
            }
            node?.reject(
                "\(name) is deployed in version \(version); deploy one that does, or change the "
                    + "versionRequirement",
                found: requirement.description.quoted
            )
            return
        }
        guard isComplete, !builtIn.contains(name) else { return }
        if name.hasPrefix(originalsPrefix) {
            node?.warn(
                "nothing stands in for \(name), a component of Greengrass: the function runs without it"
            )
        } else if dependency.kind == .hard {
            node?.reject(
                "this component is not deployed; deploy it, or make the dependencyType SOFT",
                found: name.quoted
            )
        }
    }
}

extension DocumentNode {
    /// File, line and column.
    fileprivate var location: String {
        "\(log.file.escaped):\(value.place.line):\(value.place.column)"
    }
}
