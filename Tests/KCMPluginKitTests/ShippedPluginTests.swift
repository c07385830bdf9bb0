import Glibc
import KCMPluginKit
import Testing

/// The kit as a library, on shipped plugins. That each of them conforms is for the end-to-end tests, which run the command.
@Suite(.serialized) struct ShippedPluginTests {
    private func outcome(_ options: KitOptions) async throws -> KitReport {
        var options = options
        options.rounds = 20
        let report = try await KitRun.report(options)
        for failed in report.outcomes where failed.result == .fail { Issue.record("\(failed.check): \(failed.reason ?? "")") }
        return report
    }

    /// One medium for all checks: each keeps to namespaces of its own and empties them.
    @Test func sqliteConformsOnOneMediumForAllChecks() async throws {
        let folder = try BuiltFixture("store.c", fault: "NONE").folder
        defer { _ = system("rm -rf '\(folder)'") }
        #expect(mkdir(folder, 0o700) == 0)
        var options = KitOptions("\(KitRun.products)/libkcm-sqlite.so", "path=\(folder)/store.sqlite")
        options.skip = ["store.threads", "store.memory"]
        _ = try await outcome(options)
        options.only = ["store.namespaces", "store.statistics"]
        _ = try await outcome(options)
    }

    @Test func aLibraryThatDoesNotLoadFailsOneCheck() async throws {
        let report = try await KitRun.report(KitOptions("/nowhere/libkcm-none.so"))
        #expect(report.outcomes.filter { $0.result == .fail }.map(\.check) == ["plugin.load"])
        #expect(report.outcomes.filter { $0.result == .pass }.isEmpty)
    }

    @Test func patternsThatChooseNothingAreRefused() async throws {
        var options = KitOptions("memory")
        options.only = ["store.scann"]
        #expect(throws: Kit.Failure.self) { try Kit(options, program: ["/bin/true"]).checks() }
        options.only = ["store.scan"]
        #expect(try Kit(options, program: ["/bin/true"]).checks().map(\.name).allSatisfy { $0.hasPrefix("store.scan.") })
    }

    @Test func benchMeasures() throws {
        var options = PluginBench.Options(plugin: "\(KitRun.products)/libkcm-sqlite.so", settings: KitOptions("", "path={dir}/s.sqlite").settings)
        (options.records, options.value, options.seconds) = ([100, 500], 100, 0.05)
        var rows: [PluginBench.Row] = []
        try PluginBench(options).run(progress: { _, _ in }) { rows.append($0) }
        #expect(rows.map(\.records) == [100, 500])
        #expect(rows.allSatisfy { $0.put > 0 && $0.putGrouped > 0 && $0.get > 0 && $0.scan > 0 && $0.bytesPerRecord > 0 })
    }
}
