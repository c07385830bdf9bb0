import KCMSettings
import Testing

/// The limits on load, and on each tenant.
@Suite struct LimitSettingsTests {
    private func limits(_ section: String, _ environment: [String: String] = [:]) throws -> Settings.Limits {
        try Settings.parse(Samples.core + "\n" + section, file: "/etc/kcm/kcm.yaml", environment: environment).limits
    }

    @Test func tenantsAreNotLimitedByDefaultAndTheDaemonIs() throws {
        let limits = try limits("")
        #expect(limits.tenant == Settings.Limits.default.tenant && limits.tenant.rate == 0 && limits.tenant.inFlightBytes == 0)
        #expect(limits.inFlight == 1_024 && limits.inFlightBytes == 256 << 20 && limits.handshakes == 2_000)
    }

    @Test func theyAreRead() throws {
        let limits = try limits("limits: {handshakes: 50, in_flight_bytes: 1MiB, tenant: {rate: 100, burst: 200, in_flight_bytes: 2MiB}}")
        #expect(limits.handshakes == 50 && limits.inFlightBytes == 1 << 20)
        #expect(limits.tenant.rate == 100 && limits.tenant.burst == 200 && limits.tenant.inFlightBytes == 2 << 20)
    }

    @Test func theEnvironmentOverridesThem() throws {
        let environment = ["KCM_LIMITS_TENANT_RATE": "7", "KCM_LIMITS_TENANT_BURST": "9", "KCM_LIMITS_HANDSHAKES": "0"]
        let limits = try limits("limits: {tenant: {rate: 100}}", environment)
        #expect(limits.tenant.rate == 7 && limits.tenant.burst == 9 && limits.handshakes == 0)
    }

    @Test func aRunningDaemonTakesWhatCanChange() throws {
        let before = try limits("limits: {message: 1MiB, connections: 5}")
        let all = """
            limits: {message: 2MiB, connections: 6, batch: 7, idle: 8s, handshake: 9s, handshakes: 10, in_flight: 11, in_flight_bytes: 12, \
            tenant: {rate: 13, burst: 14, in_flight_bytes: 15}, drain: 16s, locked_memory: 17MiB}
            """
        let read = try limits(all)
        let (taken, waiting) = before.taking(read)
        #expect(waiting == ["limits.message", "limits.batch", "limits.idle", "limits.handshake", "limits.locked_memory"])
        #expect(taken.connections == 6 && taken.handshakes == 10 && taken.inFlight == 11 && taken.inFlightBytes == 12)
        #expect(taken.tenant == read.tenant && taken.drain == .seconds(16))
        #expect(taken.message == 1 << 20 && taken.batch == before.batch && taken.idle == before.idle)
        #expect(taken.handshake == before.handshake && taken.lockedMemory == before.lockedMemory)
        // Nothing is left to change then but what waits, and nothing at all where the file is as it was.
        #expect(taken.taking(read) == (taken, waiting))
        #expect(before.taking(before) == (before, []))
    }

    @Test(arguments: [
        ("limits: {tenant: {rate: -1}}", "limits.tenant.rate"), ("limits: {tenant: {rates: 5}}", "did you mean 'rate'?"),
        ("limits: {tenant: 5}", "limits.tenant holds"), ("limits: {handshakes: many}", "limits.handshakes"),
    ])
    func wrongOnesAreNamed(section: String, words: String) throws {
        do {
            _ = try limits(section)
            Issue.record("taken")
        } catch let errors as SettingsErrors { #expect("\(errors)".contains(words), "\(errors)") }
    }
}
