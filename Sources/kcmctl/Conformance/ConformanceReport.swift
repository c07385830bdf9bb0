internal import KMIPConformance

/// The results of a run, for people, programs and documents.
struct ConformanceReport {
    let results: [CaseResult]

    private var passed: Int { results.count(where: \.isPassed) }
    var failed: Int { results.count(where: \.isFailed) }
    private var notRun: Int { results.count - passed - failed }

    /// `71 passed, 18 failed, 2 not run`.
    var summary: String { "\(passed) passed, \(failed) failed, \(notRun) not run" }

    private var rules: [(rule: LooseRule, cases: Int)] {
        LooseRule.allCases.map { rule in (rule, results.count { $0.rules.contains(rule) }) }
    }

    /// A table, the counts, and the rules.
    var text: String { table + "\n\n" + Self.text(of: rules) }

    /// A line for each case, and the counts.
    var table: String {
        let width = (results.map(\.name.count).max() ?? 0, results.map(\.profile.count).max() ?? 0)
        let lines = results.map { result in
            let columns = "\(Self.padded(result.name, width.0))  \(Self.padded(result.profile, width.1))  \(result.word)"
            return result.detail.isEmpty ? columns : "\(columns)  \(result.detail)"
        }
        return (lines + ["", summary]).joined(separator: "\n")
    }

    static func text(of rules: [(rule: LooseRule, cases: Int)]) -> String {
        ([rulesHeading] + rules.map { "  \($0.rule.rawValue) (\($0.cases) cases): \($0.rule.text)" }).joined(separator: "\n")
    }

    var json: JSONText {
        .object([
            ("passed", .number(Int64(passed))), ("failed", .number(Int64(failed))), ("not_run", .number(Int64(notRun))),
            ("cases", .array(results.map(\.json))),
            ("rules", .object(rules.map { ($0.rule.rawValue, .string($0.rule.text)) })),
        ])
    }

    static let rulesHeading = "Answers are compared strictly; these rules are the only exceptions, with the number of cases in which each counted:"

    private static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}
