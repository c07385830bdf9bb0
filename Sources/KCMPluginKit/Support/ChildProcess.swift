internal import Glibc

/// A process of this program, or another, whose channel the kit reads.
///
/// Its standard input is a lifeline: it reads the end of file when the kit is gone. Its output goes to a file.
final class ChildProcess {
    struct Failure: Error { let reason: String }

    /// How a process ended.
    enum End: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    let identifier: pid_t
    private let channel: Int32
    private let lifeline: Int32
    private var pending: [UInt8] = []
    private var end: End?

    /// - Parameters:
    ///   - command: the program's path and its arguments.
    ///   - output: the file that takes standard output and error.
    init(_ command: [String], output: String) throws {
        let (read, write) = try Self.pipe()
        let (input, lifeline) = try Self.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, write, Channel.descriptor)
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = Self.environment().map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var identifier: pid_t = 0
        let result = posix_spawn(&identifier, command[0], &actions, nil, &arguments, &environment)
        Glibc.close(write)
        Glibc.close(input)
        guard result == 0 else {
            Glibc.close(read)
            Glibc.close(lifeline)
            throw Failure(reason: "cannot start \(command[0]): \(String(cString: strerror(result)))")
        }
        self.identifier = identifier
        self.channel = read
        self.lifeline = lifeline
    }

    deinit {
        if end == nil {
            kill()
            wait()
        }
        Glibc.close(channel)
        Glibc.close(lifeline)
    }

    /// The next line of the channel.
    /// - Returns: `nil` at the end of the channel, an empty line where `deadline` passed first.
    func line(before deadline: ContinuousClock.Instant?) -> String? {
        while true {
            if let newline = pending.firstIndex(of: 10) {
                let line = String(decoding: pending[..<newline], as: UTF8.self)
                pending.removeFirst(newline + 1)
                return line
            }
            var milliseconds: Int32 = -1
            if let deadline {
                let left = deadline - .now
                milliseconds = max(0, Int32(clamping: left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000))
            }
            var poller = pollfd(fd: channel, events: Int16(POLLIN), revents: 0)
            let ready = poll(&poller, 1, milliseconds)
            if ready == 0 { return "" }
            if ready < 0 {
                if errno == EINTR { continue }
                return nil
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(channel, &buffer, buffer.count)
            if count <= 0 { return nil }
            pending += buffer[..<count]
        }
    }

    /// SIGKILL, which nothing can prepare for.
    func kill() { if end == nil { Glibc.kill(identifier, SIGKILL) } }

    /// Waits for the end of the process.
    @discardableResult
    func wait() -> End {
        if let end { return end }
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        let result: End = status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .signalled(status & 0x7F)
        end = result
        return result
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Failure(reason: "pipe: \(String(cString: strerror(errno)))") }
        // Out of the way of the descriptors that a child has: dup2 onto itself would keep close-on-exec.
        for index in ends.indices {
            let moved = fcntl(ends[index], F_DUPFD_CLOEXEC, Channel.descriptor + 1)
            guard moved >= 0 else { throw Failure(reason: "fcntl: \(String(cString: strerror(errno)))") }
            Glibc.close(ends[index])
            ends[index] = moved
        }
        return (ends[0], ends[1])
    }

    /// This process's, and no backtrace of a crash: it takes longer than the check.
    private static func environment() -> [String] {
        var lines: [String] = ["SWIFT_BACKTRACE=enable=no"]
        var next = environ
        while let line = next.pointee {
            let text = String(cString: line)
            if !text.hasPrefix("SWIFT_BACKTRACE=") { lines.append(text) }
            next += 1
        }
        return lines
    }
}
