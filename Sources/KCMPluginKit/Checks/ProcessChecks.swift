internal import CKCMPlugin
internal import Glibc

/// The process is the daemon's: a plugin takes no more of it than its instance, and gives that back.
enum ProcessChecks {
    static func all(_ subject: Check.Subject) -> [Check] {
        let name = subject.rawValue
        let shared = [
            Check("\(name).process.state", "signal handlers, locale, working directory and umask stay as they were", of: subject) {
                try state($0, subject)
            },
            Check("\(name).process.descriptors", "descriptors are close-on-exec, and closed by close", of: subject) { try descriptors($0, subject) },
        ]
        guard subject == .store else { return shared }
        return shared + [Check("store.process.files", "files that the plugin makes are for their owner alone, folders too", files)]
    }

    /// Opens, works, closes.
    private static func use(_ context: CheckContext, _ subject: Check.Subject, _ inside: () throws -> Void = {}) throws {
        if subject == .store {
            let store = try context.openStore()
            try store.mustPut(context.namespace(), [1], [1])
            try store.mustHold(context.namespace(), [1], [1], "after put")
            _ = (store.namespaces(), store.statistics(), store.health())
            try inside()
            store.close()
        } else {
            let root = try context.openRoot()
            let key = Noise.bytes(32, seed: 1)
            try root.mustUnwrap(try root.mustWrap(key), to: key, "after wrap")
            _ = root.health()
            try inside()
            root.close()
        }
    }

    private struct State: Equatable {
        var handlers: [UInt]
        var folder: String
        var locale: String
        var mask: mode_t

        init() {
            handlers = (Int32(1)..<32).map { signal in
                var action = sigaction()
                guard sigaction(signal, nil, &action) == 0 else { return 0 }
                return unsafeBitCast(action.__sigaction_handler.sa_handler, to: UInt.self)
            }
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            folder = getcwd(&buffer, buffer.count).map { String(cString: $0) } ?? ""
            locale = setlocale(LC_ALL, nil).map { String(cString: $0) } ?? ""
            mask = umask(0o077)
            umask(mask)
        }
    }

    private static func state(_ context: CheckContext, _ subject: Check.Subject) throws {
        let before = State()
        func compare(_ when: String) throws {
            let after = State()
            for (index, (old, new)) in zip(before.handlers, after.handlers).enumerated() {
                try expect(old == new, "\(when) the handler of signal \(index + 1) (\(String(cString: strsignal(Int32(index + 1))))) is another")
            }
            try expect(after.folder == before.folder, "\(when) the working directory is \(after.folder)")
            try expect(after.locale == before.locale, "\(when) the locale is \(after.locale)")
            try expect(after.mask == before.mask, "\(when) the umask is another")
        }
        try use(context, subject) { try compare("while it is open") }
        try compare("after close")
    }

    private static func open() -> [Int32: String] {
        var result: [Int32: String] = [:]
        for file in Folders.files(below: "/proc/self/fd") {
            guard let descriptor = Int32(file.path.dropFirst("/proc/self/fd/".count)), fcntl(descriptor, F_GETFD) >= 0 else { continue }
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let length = readlink(file.path, &buffer, buffer.count - 1)
            result[descriptor] = length > 0 ? String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
        }
        return result
    }

    private static func descriptors(_ context: CheckContext, _ subject: Check.Subject) throws {
        // The first time, a library may open what stays for the process, such as a source of random bytes.
        try use(context, subject)
        let before = open()
        let rounds = 5
        for _ in 0..<rounds {
            try use(context, subject) {
                for (descriptor, target) in open() where before[descriptor] == nil {
                    try expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0, "the descriptor of \(target) is not close-on-exec")
                }
            }
        }
        let left = open().filter { before[$0.key] == nil }
        // One or two may be the process's own; those of a plugin that forgets grow with each time.
        try expect(
            left.count < rounds,
            "\(left.count) descriptors are left open after \(rounds) times open and close: \(left.values.sorted().prefix(3).joined(separator: ", "))")
    }

    private static func files(_ context: CheckContext) throws {
        guard context.settings.contains(where: { $0.value.hasPrefix(context.folder) }) else { throw CheckSkipped("no setting names a file in {dir}") }
        let mask = umask(0)
        defer { umask(mask) }
        try use(context, .store) {
            for file in Folders.files(below: context.folder) where !file.path.hasSuffix("/output") {
                let mode = String(file.mode, radix: 8)
                try expect(file.mode & 0o077 == 0, "\(file.path.dropFirst(context.folder.count + 1)) has mode \(mode): others can read it")
            }
        }
    }
}
