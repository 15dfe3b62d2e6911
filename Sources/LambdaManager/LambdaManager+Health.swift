internal import Components
internal import GreengrassModel

/// The workers' health, as Greengrass V1 tells it.
extension LambdaManager {
    /// Every function's workers, by the components' names.
    package var workers: [WorkerHealth] {
        functions.flatMap(\.workers)
    }

    /// The workers of the functions that `arns` name, with a version, an alias or none.
    ///
    /// - Returns: The workers, and the texts that name no function.
    package func workers(of arns: [String]) -> (workers: [WorkerHealth], invalid: [String]) {
        let functions = functions
        var isMeant = Array(repeating: false, count: functions.count)
        var invalid: [String] = []
        for text in arns {
            let arn = try? FunctionARN(text)
            let meant = functions.indices.filter { index in arn.map(functions[index].isMeant) ?? false }
            for index in meant {
                isMeant[index] = true
            }
            if meant.isEmpty {
                invalid.append(text)
            }
        }
        return (zip(functions, isMeant).flatMap { $1 ? $0.workers : [] }, invalid)
    }
}
