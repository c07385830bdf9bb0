internal import ArgumentParser
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// A TLS server that answers KMIP requests with canned bytes: what a daemon on the same libraries cannot be faster than.
///
/// It decodes nothing, knows no keys and asks for no permission. `--work` adds, one by one, what the daemon cannot leave out.
@main
struct Ceiling: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kcm-ceiling",
        abstract: "A bare TLS server with canned answers, to measure the daemon against.",
        discussion: "Prints `ready` when it listens. Not for anything but measuring: it checks no client certificate against a policy."
    )

    /// What is done for a request besides answering it.
    enum Work: String, CaseIterable, ExpressibleByArgument {
        /// Nothing.
        case none
        /// One AES-256-GCM of 1 KiB with a random IV.
        case cipher
        /// And a line for each request, chained by SHA-256, in one write for each turn of the event loop.
        case log
        /// And an Ed25519 signature under each write.
        case sign
    }

    @Option(help: "On 127.0.0.1.") var port = 15_700
    @Option(help: "The server's certificate and its chain, PEM.") var certificate: String
    @Option(help: "Its key, PEM.") var key: String
    @Option(help: "The anchors of the clients' certificates, PEM.") var trust: String
    @Option(help: "What is done for a request: none, cipher, log, sign.") var work = Work.sign
    @Option(help: "Where the lines go.") var log = "/dev/null"
    @Option(help: "Bytes of a line, as long as a record of the daemon's.") var line = 700
    @Option(help: "Bytes of the data in the answers of Encrypt and Decrypt.") var size = 1024
    @Option(help: "Event loops; as many as there are processors where it is left out.") var threads: Int?

    func validate() throws {
        guard (64...65_536).contains(line) else { throw ValidationError("--line is between 64 and 65536") }
        guard (0...16 << 20).contains(size) else { throw ValidationError("--size is at most 16 MiB") }
        guard (1...256).contains(threads ?? 1) else { throw ValidationError("--threads is between 1 and 256") }
    }

    func run() throws {
        let context = try tlsContext()
        let answers = CannedAnswers(size: size)
        let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ValidationError("--log \(log) cannot be opened") }
        // One event loop has one turn; without a lock around it, the lines of two would mix, as the daemon's do not.
        let turns = try TurnTable(work: work, line: line, file: file)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads ?? System.coreCount)
        let server = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(CeilingHandler(answers: answers, turn: turns.turn(of: channel.eventLoop)))
                }
            }
            .bind(host: "127.0.0.1", port: port)
            .wait()
        print("ready")
        fflush(nil)
        try server.closeFuture.wait()
    }

    /// The same settings as the daemon's.
    private func tlsContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .file(trust)
        return try NIOSSLContext(configuration: configuration)
    }
}
