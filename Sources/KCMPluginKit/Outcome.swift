/// How one check ended.
package struct Outcome: Sendable {
    package enum Result: String, Sendable {
        case pass, fail, skipped
    }

    package let check: String
    package let summary: String
    package let result: Result
    /// Why it failed or was skipped; of a pass a remark, or nothing.
    package let reason: String?
    /// Wall-clock time.
    package let milliseconds: Int
}
