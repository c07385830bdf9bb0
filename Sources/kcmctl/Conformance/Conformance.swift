internal import ArgumentParser
internal import KMIPClient
internal import KMIPConformance

/// `kcmctl conformance`
struct Conformance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replays the OASIS KMIP test cases against a running server and prints a table.",
        discussion: """
            DIR holds the cases of the KMIP 1.4 test suite as XML files; the server may be any KMIP server. Each case runs over a connection \
            of its own, as one client that may make and use every kind of object; what it made is destroyed afterwards. --server is the \
            address of the transport: the port for KMIP, or that of POST /kmip; with --config the cases that prescribe HTTPS, XML or JSON run \
            over theirs. Exit codes: 0 all passed, 1 a case failed, 2 wrong usage, \
            3 no connection.
            """
    )

    @Argument(help: ArgumentHelp("The folder with the cases.", valueName: "dir")) var folder: String
    @OptionGroup var server: ServerOptions
    @Option(help: "How messages travel, one or several separated by commas: \(CaseTransport.allCases.map(\.rawValue).joined(separator: ", ")).")
    var transport = "ttlv"
    @Option(name: .customLong("case"), parsing: .upToNextOption, help: "Only these cases, and those that they continue.") var cases: [String] = []
    @Option(
        help: ArgumentHelp("Write the results as Markdown: between the two marks of a file that has them, else as the whole file.", valueName: "file")
    )
    var markdown: String?
    @Option(help: "Which marks, where a file has several.") var section = ""

    private func transports() throws -> [CaseTransport] {
        try transport.split(separator: ",").map { word in
            guard let one = CaseTransport(rawValue: String(word)) else { throw ValidationError("'\(word)' is no transport") }
            return one
        }
    }

    func validate() throws {
        let transports = try transports()
        guard !transports.isEmpty, Set(transports).count == transports.count else { throw ValidationError("--transport names each transport once") }
        guard transports.count == 1 || server.server == nil else {
            throw ValidationError("--server is the address of one transport; several need --config")
        }
    }

    func run() async throws {
        let entries = try load()
        do {
            var runs: [(CaseTransport, ConformanceReport)] = []
            for transport in try transports() {
                let (target, configuration, version) = try KmipSession.target(server, https: transport != .ttlv)
                // A configuration knows the address of every transport; --server is that of one.
                let https = server.server == nil ? try? KmipSession.target(server, https: true).0 : nil
                let runner = CaseRunner(transport: transport, target: target, httpsTarget: https, configuration: configuration, version: version)
                runs.append((transport, ConformanceReport(results: try await runner.run(entries))))
            }
            let matrix = ConformanceMatrix(runs: runs)
            Output.say(server.json ? matrix.json.text : matrix.text)
            if let markdown { try MarkedSection.write(matrix.markdown, to: markdown, section: section) }
            if matrix.failed > 0 { throw ExitCode(1) }
        } catch let error as KMIPClientError { throw ended(error.kind == .files ? 2 : 3, "\(error)") }
    }

    private func load() throws -> [CaseSuite.Entry] {
        let names = Files.names(in: folder).filter { $0.hasSuffix(".xml") }
        guard !names.isEmpty else { throw ended(2, "\(folder) has no .xml files") }
        do {
            let files = try names.map { try CaseFile(name: String($0.dropLast(4)), text: try Files.read("\(folder)/\($0)")) }
            return try CaseSuite(files).entries(named: cases)
        } catch { throw ended(2, "\(error)") }
    }
}

/// A part of a file that a command writes again and again.
enum MarkedSection {
    private static let end = "<!-- end -->"

    /// Replaces what stands between the marks of a section; a file without them, or none at all, becomes the text.
    static func write(_ text: String, to path: String, section: String) throws {
        let begin = section.isEmpty ? "<!-- written by kcmctl conformance -->" : "<!-- written by kcmctl conformance: \(section) -->"
        do {
            let old = Files.exists(path) ? String(decoding: try Files.read(path), as: UTF8.self) : ""
            var lines = old.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if let start = lines.firstIndex(of: begin), let stop = lines[start...].firstIndex(of: end) {
                lines.replaceSubrange(start + 1..<stop, with: [text])
                try Files.write(lines.joined(separator: "\n"), to: path, mode: 0o644)
            } else {
                try Files.write(text, to: path, mode: 0o644)
            }
        } catch let error as Files.Failure { throw ended(2, "\(error)") }
    }
}
