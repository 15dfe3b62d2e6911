/// What the dependencies of components come to.
extension [LambdaComponent] {
    /// The order to start them in: each after those of the others that it depends on, and else as given.
    ///
    /// They have no cycle.
    package var inStartOrder: [LambdaComponent] {
        var order: [LambdaComponent] = []
        var placed: Set<ComponentName> = []
        walk { component in
            if placed.insert(component.name).inserted {
                order.append(component)
            }
        }
        return order
    }

    /// Names that depend on one another in a circle, the first one again at the end; `nil` when none do.
    var dependencyCycle: [ComponentName]? {
        walk { _ in }
    }

    /// Goes down along the dependencies and calls `visit` for each component when all that it depends on was
    /// visited; a component may be visited more than once.
    ///
    /// A stack of its own, since a chain of dependencies may be as long as there are components.
    ///
    /// - Returns: The first cycle, where it stops.
    @discardableResult
    private func walk(_ visit: (LambdaComponent) -> Void) -> [ComponentName]? {
        let byName = Dictionary(map { ($0.name, $0) }) { first, _ in first }
        var finished: Set<ComponentName> = []
        for root in self where !finished.contains(root.name) {
            var path: [(component: LambdaComponent, next: Int)] = [(root, 0)]
            var onPath: Set<ComponentName> = [root.name]
            while let (component, next) = path.last {
                guard next < component.dependencies.count else {
                    visit(component)
                    finished.insert(component.name)
                    onPath.remove(component.name)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let name = component.dependencies[next].name
                if onPath.contains(name) {
                    let start = path.firstIndex { $0.component.name == name } ?? 0
                    return path[start...].map(\.component.name) + [name]
                }
                guard let dependency = byName[name], !finished.contains(name) else { continue }
                path.append((dependency, 0))
                onPath.insert(name)
            }
        }
        return nil
    }
}
