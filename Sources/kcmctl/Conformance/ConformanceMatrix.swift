internal import KMIPConformance

/// The results of the same cases over several transports.
struct ConformanceMatrix {
    let runs: [(transport: CaseTransport, report: ConformanceReport)]

    var failed: Int { runs.reduce(0) { $0 + $1.report.failed } }

    /// One table after the other where there are several.
    var text: String {
        guard runs.count > 1 else { return runs.first?.report.text ?? "" }
        return runs.map { "\($0.transport.rawValue)\n\($0.report.table)" }.joined(separator: "\n\n") + "\n\n" + ConformanceReport.text(of: rules)
    }

    /// That of the one run, or an object of them by transport.
    var json: JSONText {
        guard runs.count > 1 else { return runs.first?.report.json ?? .object([]) }
        return .object(runs.map { ($0.transport.rawValue, $0.report.json) })
    }

    /// The counts, a row for each case with a column for each transport, what did not pass, and the rules.
    var markdown: String {
        var lines = runs.map { "- `\($0.transport.rawValue)`: \($0.report.summary)" }
        lines += ["", "| case | profile | \(runs.map(\.transport.rawValue).joined(separator: " | ")) |"]
        lines.append("| --- | --- |" + String(repeating: " --- |", count: runs.count))
        var reasons: [String] = []
        for (index, first) in (runs.first?.report.results ?? []).enumerated() {
            let row = runs.map { $0.report.results[index] }
            lines.append("| \(first.name) | \(first.profile) | \(row.map(\.word).joined(separator: " | ")) |")
            for result in row where !result.isPassed {
                let reason = "| \(result.name) | \(result.word) | \(result.detail.split(separator: "|").joined(separator: "\\|")) |"
                if !reasons.contains(reason) { reasons.append(reason) }
            }
        }
        if !reasons.isEmpty { lines += ["", "| case | | why |", "| --- | --- | --- |"] + reasons }
        lines += ["", ConformanceReport.rulesHeading, "", "| rule | cases | |", "| --- | --- | --- |"]
        lines += rules.map { "| \($0.rule.rawValue) | \($0.cases) | \($0.rule.text) |" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Each rule with the number of cases in which it counted over any transport.
    private var rules: [(rule: LooseRule, cases: Int)] {
        LooseRule.allCases.map { rule in
            (rule, Set(runs.flatMap { $0.report.results.filter { $0.rules.contains(rule) }.map(\.name) }).count)
        }
    }
}
