internal import CKCMPlugin
internal import Glibc
internal import KCMPluginHost

/// The process in which one check runs: a plugin that crashes, hangs or changes its process takes only this one along.
package enum KitChild {
    /// Runs what the command line says and ends the process.
    /// - Parameters:
    ///   - program: how this program is started as a child again.
    ///   - arguments: what the kit put behind that.
    package static func main(program: [String], arguments: [String]) -> Never {
        guard let command = ChildCommand(program: program, arguments: arguments), fcntl(Channel.descriptor, F_GETFD) >= 0 else {
            let line = "this is started by the kit itself\n"
            _ = write(STDERR_FILENO, line, line.utf8.count)
            exit(2)
        }
        _ = fcntl(Channel.descriptor, F_SETFD, FD_CLOEXEC)
        endWithKit()
        let channel = Channel()
        do {
            let library = try PluginLibrary.load(command.library, searchPath: .standard())
            let context = CheckContext(library: library, command: command, channel: channel)
            switch command.role {
            case .check: try check(context)
            case .writer(let group): try CrashWriter.run(context, group: group)
            case .holder: try OpenChecks.hold(context)
            }
        } catch let failure as CheckFailure { channel.send("fail", failure.reason) } catch let skipped as CheckSkipped {
            channel.send("skipped", skipped.reason)
        } catch let error as PluginError { channel.send("fail", error.reason) } catch let failure as ChildProcess.Failure {
            channel.send("skipped", failure.reason)
        } catch { channel.send("fail", "\(error)") }
        // Not exit: destructors of a library that just failed its check may hang.
        _exit(0)
    }

    private static func check(_ context: CheckContext) throws {
        guard let check = CheckTable.named(context.command.check) else { throw CheckSkipped("this kit has no check of that name") }
        if check.subject == .plugin { context.channel.send("info", PluginChecks.summary(context.library)) }
        let remark = try check.body(context)
        if context.sharesMedium { tidy(context) }
        context.channel.send("pass", remark ?? "")
    }

    /// Removes what the check left on a medium that is not its own.
    private static func tidy(_ context: CheckContext) {
        guard !context.namespaces.isEmpty, let store = try? context.openStore() else { return }
        for namespace in context.namespaces {
            while case let keys = store.scan(namespace, limit: 64).keys, !keys.isEmpty {
                guard store.commit([Batch(namespace: namespace, writes: keys.map { Write.remove($0) })]).isOK else { break }
            }
        }
    }

    /// The kit holds the other end of standard input.
    private static func endWithKit() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                var byte: UInt8 = 0
                while true {
                    let count = read(STDIN_FILENO, &byte, 1)
                    if count == 0 || (count < 0 && errno != EINTR) { _exit(1) }
                }
            }, nil)
    }
}
