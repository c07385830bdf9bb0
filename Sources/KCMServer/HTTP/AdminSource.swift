/// What the admin listener tells, and takes.
public protocol AdminSource: Sendable {
    /// Why the daemon should get no traffic; empty where it is ready.
    func reasonsNotReady() async -> [String]
    /// Prometheus text format.
    func metrics() -> String
    /// Anything beside health, readiness and metrics.
    /// - Returns: `nil` where there is nothing of that path.
    func answer(_ request: AdminRequest) async -> AdminAnswer?
}

extension AdminSource {
    /// Nothing beside health, readiness and metrics.
    public func answer(_ request: AdminRequest) async -> AdminAnswer? { nil }
}

/// A request to the admin listener that is none for health, readiness or metrics.
public struct AdminRequest: Sendable, Hashable {
    /// True for POST, which changes something; false for GET and HEAD.
    public let changes: Bool
    /// Without the query: `/reseal`.
    public let path: String
    /// The query's fields, as sent: names that are of use here need no escapes.
    public let query: [String: String]

    /// - Parameter uri: `/reseal?tenant=acme&rate=100`.
    public init(changes: Bool, uri: String) {
        self.changes = changes
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        var fields: [String: String] = [:]
        for field in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
        }
        query = fields
    }
}

/// Its answer: plain text.
public struct AdminAnswer: Sendable, Hashable {
    /// The HTTP status.
    public let status: Int
    public let text: String

    public init(_ status: Int, _ text: String) {
        self.status = status
        self.text = text
    }
}
