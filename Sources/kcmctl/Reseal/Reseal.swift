internal import ArgumentParser
internal import KCMSettings

/// `kcmctl reseal`
struct Reseal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has a running Edge seal its records anew under the tenants' current sealing keys.",
        discussion: """
            After the L3 sealing key of a tenant was re-keyed at Core, Edge seals new records under a new generation; this brings the old \
            records over, after which the old L3 key can be revoked without loss. Asks the admin listener of the configuration; the work goes \
            on in the daemon when this command is interrupted, and asking again takes it up. Exit code 1: records are left.
            """
    )

    @Option(help: "Edge's configuration.") var config: String
    @Option(help: "The tenant; all where absent.") var tenant: String?
    @Option(help: "The most objects a second.") var rate: Int?
    @Flag(help: "Count by generation, and change nothing.") var count = false
    @Flag(help: "Start it, and do not wait for the end.") var detach = false
    @Flag(help: "Print one JSON object a tenant.") var json = false

    func run() async throws {
        let client = try client()
        var query: [String] = []
        if let tenant { query.append("tenant=\(tenant)") }
        if let rate { query.append("rate=\(rate)") }
        if count { query.append("count=yes") }
        var tenants = try ask(client, "POST", query.isEmpty ? "/reseal" : "/reseal?\(query.joined(separator: "&"))")
        let bar = ProgressLine()
        while !detach, tenants.contains(where: \.isUnderWay) {
            let done = tenants.map(\.resealed).reduce(0, +)
            let left = tenants.map(\.left).reduce(0, +)
            bar.show("\(left) left", done + left == 0 ? 0 : Double(done) / Double(done + left))
            try await Task.sleep(for: .milliseconds(250))
            tenants = try ask(client, "GET", "/reseal")
        }
        bar.clear()
        for one in tenants { Output.say(json ? one.json.text : one.lines) }
        if tenants.contains(where: { $0.state == "incomplete" }) { throw ExitCode(1) }
    }

    private func client() throws -> AdminClient {
        let settings: Settings
        do throws(SettingsErrors) { settings = try Settings.load(path: config, environment: ProcessEnvironment.variables()) } catch {
            for error in error.errors { Output.complain("kcmctl: \(error)") }
            throw ExitCode(1)
        }
        guard settings.mode == .edge else { throw ended(2, "\(config): re-sealing is for Edge") }
        guard let admin = settings.listen.admin else { throw ended(1, "\(config): it has no admin listener") }
        return AdminClient(address: admin.address, port: admin.port)
    }

    private func ask(_ client: AdminClient, _ method: String, _ path: String) throws -> [ResealProgress] {
        let (status, body): (Int, String)
        do { (status, body) = try client.send(method, path) } catch { throw ended(3, "\(error)") }
        guard status == 200 || status == 202 else { throw ended(1, "\(body.split(separator: "\n").first ?? "HTTP status \(status)")") }
        return ResealProgress.read(body).filter { tenant == nil || $0.tenant == tenant }
    }
}
