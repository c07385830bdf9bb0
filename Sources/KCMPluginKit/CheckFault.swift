/// The plugin broke the contract: what was expected and what came.
struct CheckFailure: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// The check could not be made here, or does not concern this plugin.
struct CheckSkipped: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// - Throws: ``CheckFailure`` with `reason` where the condition does not hold.
func expect(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
    guard condition else { throw CheckFailure(reason()) }
}
