import Testing

@testable import KCMDelegation

struct CoreEndpointTests {
    @Test(arguments: [
        ("https://core.example/kmip", "core.example", 443, "/kmip", "core.example:443"),
        ("https://127.0.0.1:5691/kmip", "127.0.0.1", 5691, "/kmip", "127.0.0.1:5691"),
        ("https://[::1]:5691/kmip", "::1", 5691, "/kmip", "[::1]:5691"),
        ("https://core.example:1", "core.example", 1, "/", "core.example:1"),
    ])
    func isTakenApart(url: String, host: String, port: Int, path: String, authority: String) throws {
        let endpoint = try #require(CoreEndpoint(url: url))
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
        #expect(endpoint.path == path)
        #expect(endpoint.authority == authority)
        #expect((endpoint.serverName == nil) == (host != "core.example"))
    }

    @Test(arguments: ["http://core.example/kmip", "https://", "https://core.example:0/", "https://core.example:x/", "https://[::1/kmip", "core"])
    func whatIsNoURLIsRefused(url: String) { #expect(CoreEndpoint(url: url) == nil) }
}
