internal import KCMServer
internal import KCMService
internal import KCMSettings

/// What the limits on load hold back, in the text format that scrapers read.
struct LimitMetrics {
    let inForce: LimitsInForce
    var server: Server { inForce.server }

    var text: String {
        let (load, limits) = (inForce.load, inForce.current)
        let underWay = load.underWay
        var text = """
            # TYPE kcm_admin_connections gauge
            kcm_admin_connections \(server.adminConnectionCount)
            # TYPE kcm_requests_in_flight gauge
            kcm_requests_in_flight \(underWay.requests)
            # TYPE kcm_requests_in_flight_bytes gauge
            kcm_requests_in_flight_bytes \(underWay.bytes)
            # TYPE kcm_connections_refused_total counter

            """
        for (reason, count) in server.refusedConnections { text += "kcm_connections_refused_total{reason=\"\(reason)\"} \(count)\n" }
        text += "# TYPE kcm_requests_refused_total counter\n"
        for (refusal, count) in load.refused { text += "kcm_requests_refused_total{reason=\"\(refusal.rawValue)\"} \(count)\n" }
        text += "# TYPE kcm_limit gauge\n"
        let rows = [
            ("connections", limits.connections), ("handshakes", limits.handshakes), ("in_flight", limits.inFlight),
            ("in_flight_bytes", limits.inFlightBytes), ("tenant.rate", limits.tenant.rate), ("tenant.burst", limits.tenant.burst),
            ("tenant.in_flight_bytes", limits.tenant.inFlightBytes),
        ]
        for (name, value) in rows { text += "kcm_limit{name=\"\(name)\"} \(value)\n" }
        return text
    }
}

extension LoadControl.Limits {
    /// As configured.
    init(_ limits: Settings.Limits) {
        self.init(
            underWay: LoadGate.Limits(requests: limits.inFlight, bytes: limits.inFlightBytes, tenantBytes: limits.tenant.inFlightBytes),
            tenantRate: limits.tenant.rate,
            tenantBurst: limits.tenant.burst
        )
    }
}
