import Glibc
import KCMPluginKit
import Testing

/// The kit fails the check that a fault is about, and no other: of that check's family, or of all where `KCM_TESTS=long`. The faultless
/// plugin always goes through all of them.
@Suite(.serialized) struct FaultyPluginTests {
    /// What takes seconds: run only for faults that it finds.
    private static let slow = ["store.threads", "store.durable.crash", "store.memory"]

    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let checks: Set<String>
        init(_ name: String, _ checks: String...) { (self.name, self.checks) = (name, Set(checks)) }
        var testDescription: String { name }
    }

    /// The checks of the same family, such as `store.scan`.
    private static func families(of fault: Fault) -> [String] {
        if fault.name == "NONE" || getenv("KCM_TESTS").map({ String(cString: $0) }) == "long" { return [] }
        return Set(fault.checks.map { $0.split(separator: ".").prefix(2).joined(separator: ".") }).sorted()
    }

    @Test(arguments: [
        Fault("NONE", "store.none"),
        Fault("NON_ATOMIC", "store.commit.atomic"),
        Fault("GROUP", "store.group.independent"),
        Fault("LOST_UPDATE", "store.threads.counters"),
        Fault("TORN", "store.threads.reads"),
        Fault("AFTER", "store.scan.after"),
        Fault("LIMIT", "store.scan.limit"),
        Fault("STOP", "store.scan.stop", "store.sink"),
        Fault("NOT_DURABLE", "store.durable.crash"),
        Fault("HALF_BATCH", "store.durable.crash"),
        Fault("LOST_REVISION", "store.durable.crash", "store.durable.reopen"),
        Fault("LEAK", "store.memory"),
        Fault("OVERREAD", "store.memory"),
        Fault("EMPTY_KEY", "store.bytes.empty-key", "store.misuse.null"),
        Fault("EMPTY_VALUE", "store.bytes.empty-value"),
        Fault("ANEW", "store.revisions.anew"),
        Fault("BLEED", "store.namespaces.isolation", "store.namespaces.names"),
        Fault("NAMES_ORDER", "store.namespaces.list", "store.namespaces.names"),
        Fault("EXPECTATION", "store.expect.unknown"),
        Fault("OPERATION", "store.operation.unknown"),
        Fault("RESTORE", "store.restore.invalid"),
        Fault("OVER_LIMIT", "store.limits.value-over"),
        Fault("NO_TEXT", "store.open.unknown", "store.errors"),
        Fault("SECRET", "store.errors"),
        Fault("SHARED", "store.open.exclusive"),
        Fault("HANDLER", "store.process.state"),
        Fault("DESCRIPTOR", "store.process.descriptors"),
        Fault("MODE", "store.process.files"),
        Fault("SINK_THREAD", "store.sink"),
        Fault("SINK_TWICE", "store.sink"),
        Fault("KEPT", "store.arguments"),
        Fault("STATISTICS", "store.statistics"),
        Fault("HEALTH", "store.health"),
        Fault(
            "UNSORTED", "store.scan.order", "store.scan.prefix", "store.scan.after", "store.scan.limit", "store.commit.maximum",
            "store.namespaces.names"
        ),
    ])
    func storeFaultsAreFoundByTheirChecks(_ fault: Fault) async throws {
        let plugin = try BuiltFixture("store.c", fault: fault.name)
        var options = KitOptions(plugin.file, "path={dir}/journal")
        // A kill finds what it is for only where a commit came through before it.
        options.rounds = fault.checks.contains("store.durable.crash") ? 12 : 6
        options.only = Self.families(of: fault)
        options.skip = Self.slow.filter { slow in !fault.checks.contains { $0.hasPrefix(slow) } }
        #expect(try await KitRun.failures(options) == fault.checks.filter { $0 != "store.none" })
    }

    @Test(arguments: [
        Fault("HEADER", "root.unwrap.flipped"),
        Fault("LONGER", "root.unwrap.size"),
        Fault("ANY_SIZE", "root.wrap.invalid"),
        Fault("INSTANCE", "root.reopen"),
        Fault("PLAIN", "root.wrap.blob"),
        Fault("RACE", "root.threads"),
        Fault("SINK_ON_FAILURE", "root.unwrap.flipped", "root.unwrap.size", "root.unwrap.foreign"),
        Fault("TEXT_KEY", "root.errors"),
    ])
    func rootFaultsAreFoundByTheirChecks(_ fault: Fault) async throws {
        let plugin = try BuiltFixture("root.c", fault: fault.name)
        #expect(try await KitRun.failures(KitOptions(plugin.file)) == fault.checks)
    }

    @Test func otherSymbolsAreFound() async throws {
        let plugin = try BuiltFixture("store.c", fault: "NONE", options: "-DEXTRA_SYMBOL")
        var options = KitOptions(plugin.file, "path={dir}/journal")
        options.only = ["plugin.symbols", "plugin.descriptor", "plugin.capabilities"]
        #expect(try await KitRun.failures(options) == ["plugin.symbols"])
    }
}
