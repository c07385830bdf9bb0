/// One rule of the plugin contract and how it is tested.
package struct Check: Sendable {
    /// What the check looks at; it is run where the plugin declares that part.
    package enum Subject: String, Sendable {
        case plugin, store, root
    }

    /// Stable, dotted, lower case: what `--only` and scripts name.
    package let name: String
    /// What is expected of the plugin, in one line.
    package let summary: String
    package let subject: Subject
    /// Whether it is run only where the plugin declares `KCM_CAP_DURABLE`.
    package let needsDurable: Bool
    /// How long it may take before the plugin counts as stuck.
    let seconds: Int
    let body: @Sendable (CheckContext) throws -> String?

    /// - Parameter body: runs in a process of its own; throws ``CheckFailure`` or ``CheckSkipped``.
    init(
        _ name: String,
        _ summary: String,
        of subject: Subject = .store,
        needsDurable: Bool = false,
        seconds: Int = 60,
        _ body: @escaping @Sendable (CheckContext) throws -> Void
    ) {
        let remarking: @Sendable (CheckContext) throws -> String? = { context in
            try body(context)
            return nil
        }
        self.init(remarking: remarking, name, summary, of: subject, needsDurable: needsDurable, seconds: seconds)
    }

    /// - Parameter remarking: as the other's body; gives a remark for the report, or nothing.
    init(
        remarking body: @escaping @Sendable (CheckContext) throws -> String?,
        _ name: String,
        _ summary: String,
        of subject: Subject = .store,
        needsDurable: Bool = false,
        seconds: Int = 60
    ) {
        self.name = name
        self.summary = summary
        self.subject = subject
        self.needsDurable = needsDurable
        self.seconds = seconds
        self.body = body
    }
}
