internal import KMIPConformance

/// What became of one case.
struct CaseResult {
    enum Outcome {
        case passed
        /// The first difference, or why the replay stopped.
        case failed(String, CaseDifference?)
        case notRun(String)
    }

    let name: String
    let profile: String
    let outcome: Outcome
    /// The loose rules that made a difference.
    let rules: Set<LooseRule>

    var isPassed: Bool { if case .passed = outcome { true } else { false } }
    var isFailed: Bool { if case .failed = outcome { true } else { false } }

    /// `passed`, `failed`, `not run`.
    var word: String {
        switch outcome {
        case .passed: "passed"
        case .failed: "failed"
        case .notRun: "not run"
        }
    }

    /// Why it did not pass; empty where it did.
    var detail: String {
        switch outcome {
        case .passed: ""
        case .failed(let text, _), .notRun(let text): text
        }
    }

    var json: JSONText {
        var fields: [(String, JSONText)] = [("case", .string(name)), ("profile", .string(profile)), ("result", .string(word))]
        if !detail.isEmpty { fields.append(("detail", .string(detail))) }
        if case .failed(_, let difference?) = outcome {
            fields += [
                ("answer", .number(Int64(difference.answer))), ("line", .number(Int64(difference.line))), ("path", .string(difference.path)),
                ("expected", .string(difference.expected)), ("got", .string(difference.got)),
            ]
        }
        fields.append(("rules", .array(rules.map(\.rawValue).sorted().map { .string($0) })))
        return .object(fields)
    }
}
