internal import CKCMPlugin

/// Names of result codes, for reports.
enum ResultCode {
    private static let names: [Int32: String] = [
        KCM_OK: "KCM_OK", KCM_NOT_FOUND: "KCM_NOT_FOUND", KCM_CONFLICT: "KCM_CONFLICT", KCM_FULL: "KCM_FULL", KCM_TOO_LARGE: "KCM_TOO_LARGE",
        KCM_UNAVAILABLE: "KCM_UNAVAILABLE", KCM_CORRUPT: "KCM_CORRUPT", KCM_UNSUPPORTED: "KCM_UNSUPPORTED", KCM_INVALID: "KCM_INVALID",
        KCM_FAILED: "KCM_FAILED", KCM_TIMED_OUT: "KCM_TIMED_OUT",
    ]

    static func isKnown(_ code: Int32) -> Bool { names[code] != nil }

    /// `KCM_CONFLICT`, or the number of a code that the contract does not have; with the plugin's own words where there are some.
    static func text(_ code: Int32, _ words: String = "") -> String {
        let name = names[code] ?? "the unknown code \(code)"
        return words.isEmpty ? name : "\(name) (\"\(words)\")"
    }
}
