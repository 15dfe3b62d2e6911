internal import ControlAPI
internal import LambdaManager
internal import Store

/// What waits for functions, between the store and the manager.
extension Store {
    /// Gives the functions what waited for them before the restart.
    ///
    /// - Returns: How many events that are.
    func resumeWork(of manager: LambdaManager) -> Int {
        let work = takeWaitingWork()
        manager.resume(work) { self.didFinish($0) }
        return work.count
    }

    /// Keeps what waits for the functions now, and closes.
    func close(keepingWorkOf manager: LambdaManager) async {
        // Done already, unless the daemon ends because a part of it failed.
        manager.keepEvents()
        await manager.stop()
        await close(keeping: manager.takeWaitingWork())
    }
}

extension StatusReport.Store {
    init(_ status: StoreStatus) {
        self.init(problem: status.problem, unwrittenDeadLetters: status.unwrittenCount)
    }
}
