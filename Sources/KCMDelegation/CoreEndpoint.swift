internal import Glibc

/// One of Core's URLs, taken apart.
struct CoreEndpoint: Sendable, Equatable {
    /// As configured, for logs and metrics.
    let url: String
    /// A DNS name, or an address without brackets: what Core's certificate has to be for.
    let host: String
    let port: Int
    let path: String

    /// - Returns: `nil` for what is not `https://host[:port][/path]`.
    init?(url: String) {
        let scheme = "https://"
        guard url.lowercased().hasPrefix(scheme) else { return nil }
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        path = authority.endIndex == rest.endIndex ? "/" : String(rest[authority.endIndex...])
        var name = authority
        var digits: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            name = authority[authority.index(after: authority.startIndex)..<end]
            let tail = authority[authority.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
            digits = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = authority.lastIndex(of: ":") {
            name = authority[..<colon]
            digits = authority[authority.index(after: colon)...]
        }
        guard !name.isEmpty, let port = digits.map({ Int($0) }) ?? 443, (1...65_535).contains(port) else { return nil }
        self.url = url
        host = String(name)
        self.port = port
    }

    /// For `Host`.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// For Server Name Indication, which takes no addresses (RFC 6066 §3).
    var serverName: String? {
        var address = in6_addr()
        let isAddress = inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
        return isAddress ? nil : host
    }
}
