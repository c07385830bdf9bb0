/// Which limit stands in a request's way. The raw value is its name in metrics and audit records.
public enum LoadRefusal: String, Sendable, Hashable, CaseIterable {
    /// `limits.in_flight`
    case requests = "in-flight"
    /// `limits.in_flight_bytes`
    case bytes = "in-flight-bytes"
    /// `limits.tenant.rate`
    case tenantRate = "tenant-rate"
    /// `limits.tenant.in_flight_bytes`
    case tenantBytes = "tenant-in-flight-bytes"
}
