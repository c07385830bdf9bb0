internal import CKCMPlugin
internal import KCMStore

extension StoreError {
    /// A plugin's result code with its own words; a code that is not known counts as `.failed`.
    init(plugin: String, code: Int32, _ what: String, _ error: kcm_error) {
        let meaning: Code =
            switch code {
            case KCM_CONFLICT: .conflict
            case KCM_FULL: .full
            case KCM_TOO_LARGE: .tooLarge
            case KCM_UNAVAILABLE: .unavailable
            case KCM_CORRUPT: .corrupt
            case KCM_UNSUPPORTED: .unsupported
            case KCM_INVALID: .invalid
            case KCM_TIMED_OUT: .timedOut
            default: .failed
            }
        let isKnown = (KCM_OK...KCM_TIMED_OUT).contains(code)
        let words = error.message ?? (isKnown ? "no reason given" : "result code \(code), which the contract does not have")
        self.init(meaning, "plugin \(plugin): \(what): \(words)")
    }
}
