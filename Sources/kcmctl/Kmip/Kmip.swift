internal import ArgumentParser

/// `kcmctl kmip`: a KMIP client for people.
struct Kmip: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks a KMIP server, as the principal of a certificate.",
        discussion: "Exit codes: 0 done, 1 the server refused, 2 wrong usage, 3 no connection, or the certificate was not accepted.",
        subcommands: [
            Create.self, Register.self, Get.self, Attributes.self, AttributeList.self, Locate.self, Activate.self, Revoke.self, Destroy.self,
            Encrypt.self, Decrypt.self, Query.self, DiscoverVersions.self,
        ]
    )

    @OptionGroup var server: ServerOptions
}

/// Which server, as whom, and how to print. They may stand before or after the operation: the command and its operations share them.
struct ServerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server; or --config.", valueName: "host:port")) var server: String?
    @Option(help: ArgumentHelp("Take the server from a daemon's configuration.", valueName: "file")) var config: String?
    @Option(help: ArgumentHelp("The client's certificate and key: PATH.pem and PATH.key.", valueName: "path")) var identity: String?
    @Option(help: ArgumentHelp("The anchors of the server's certificate, PEM.", valueName: "file")) var trust: String?
    @Option(name: .customLong("protocol"), help: "The KMIP version to speak: 1.0 to 1.4.") var version = "1.4"
    @Flag(help: "Print one JSON object.") var json = false
}
