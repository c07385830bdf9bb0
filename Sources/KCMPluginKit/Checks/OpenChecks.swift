internal import CKCMPlugin
internal import Glibc

/// `open` and `close`, of a store and of a root of trust alike.
enum OpenChecks {
    static func all(_ subject: Check.Subject) -> [Check] {
        let name = subject.rawValue
        let shared: [Check] = [
            Check("\(name).open.settings", "opens with the settings given", of: subject) { try settings($0, subject) },
            Check("\(name).open.unknown", "an unknown setting is KCM_INVALID with a text that names it", of: subject) { try unknown($0, subject) },
            Check(
                remarking: { try missing($0, subject) }, "\(name).open.missing",
                "a missing setting is KCM_INVALID with a text that names it, unless it is optional", of: subject),
            Check("\(name).open.empty", "an empty value of a setting is answered", of: subject) { try empty($0, subject) },
            Check("\(name).open.host", "a host with more members at the end of its struct is accepted", of: subject) { try newerHost($0, subject) },
            Check(
                remarking: { try twice($0, subject) }, "\(name).open.twice",
                "a second instance in the process is answered, and the first one works on", of: subject),
            Check("\(name).open.again", "opens again after close, many times", of: subject) { try again($0, subject) },
        ]
        guard subject == .store else { return shared }
        return shared + [
            Check("store.open.exclusive", "KCM_UNAVAILABLE while another process holds the store", needsDurable: true, exclusive)
        ]
    }

    /// The two tables have the same open and close.
    struct Functions {
        let open: Opening.Function?
        let close: Opening.Close?

        init(_ context: CheckContext, _ subject: Check.Subject) throws {
            if subject == .store {
                let table = try context.storeFunctions()
                (open, close) = (table.open, table.close)
            } else {
                let table = try context.rootFunctions()
                (open, close) = (table.open, table.close)
            }
        }
    }

    private static func settings(_ context: CheckContext, _ subject: Check.Subject) throws {
        let functions = try Functions(context, subject)
        let host = RawHost()
        let opening = Opening(functions.open, host, context.settings)
        try expect(opening.code == KCM_OK, "expected KCM_OK, got \(opening.answer); are the --settings right?")
        try expect(!opening.isUntouched && opening.instance != nil, "KCM_OK without an instance")
        opening.close(functions.close)
        for line in host.log {
            try expect((1...4).contains(line.level), "a log line has level \(line.level), which is no KCM_LOG_*")
        }
    }

    private static func unknown(_ context: CheckContext, _ subject: Check.Subject) throws {
        let functions = try Functions(context, subject)
        let host = RawHost()
        let opening = Opening(functions.open, host, context.settings + [KitOptions.Setting(key: "kit-unknown", value: "1")])
        opening.close(functions.close)
        try refused(opening, naming: "kit-unknown", "with the unknown setting 'kit-unknown'")
    }

    private static func refused(_ opening: Opening, naming name: String, _ when: String) throws {
        try expect(opening.code == KCM_INVALID, "open \(when): expected KCM_INVALID, got \(opening.answer)")
        try expect(opening.text.contains(name), "open \(when): the text does not name the setting '\(name)': \"\(opening.text)\"")
        try expect(opening.isUntouched, "open \(when): failed and still wrote an instance")
    }

    private static func missing(_ context: CheckContext, _ subject: Check.Subject) throws -> String? {
        guard !context.settings.isEmpty else { throw CheckSkipped("no settings were given") }
        let functions = try Functions(context, subject)
        var optional: [String] = []
        for index in context.settings.indices {
            var settings = context.settings
            let name = settings.remove(at: index).key
            let host = RawHost()
            let opening = Opening(functions.open, host, settings)
            if opening.code == KCM_OK {
                opening.close(functions.close)
                optional.append(name)
            } else {
                try refused(opening, naming: name, "without the setting '\(name)'")
            }
        }
        return optional.isEmpty ? nil : "optional: \(optional.joined(separator: ", "))"
    }

    private static func empty(_ context: CheckContext, _ subject: Check.Subject) throws {
        guard !context.settings.isEmpty else { throw CheckSkipped("no settings were given") }
        let functions = try Functions(context, subject)
        for index in context.settings.indices {
            var settings = context.settings
            settings[index].value = ""
            let host = RawHost()
            let opening = Opening(functions.open, host, settings)
            try expect(ResultCode.isKnown(opening.code), "open with '\(settings[index].key)' empty: got \(opening.answer)")
            if opening.code == KCM_OK {
                opening.close(functions.close)
            } else {
                try expect(opening.isUntouched, "open failed and still wrote an instance")
            }
        }
    }

    private static func newerHost(_ context: CheckContext, _ subject: Check.Subject) throws {
        let functions = try Functions(context, subject)
        let host = RawHost(extra: 64)
        let opening = Opening(functions.open, host, context.settings)
        try expect(
            opening.code == KCM_OK,
            "open with a kcm_host of \(host.pointer.pointee.struct_size) bytes, ABI 1.1: expected KCM_OK, got \(opening.answer)")
        opening.close(functions.close)
    }

    /// The host never does this with one medium; it is a mistake of configuration that must not cost the data.
    private static func twice(_ context: CheckContext, _ subject: Check.Subject) throws -> String? {
        let functions = try Functions(context, subject)
        let (host, second) = (RawHost(), RawHost())
        let first = Opening(functions.open, host, context.settings)
        try expect(first.code == KCM_OK, "open: expected KCM_OK, got \(first.answer)")
        let other = Opening(functions.open, second, context.settings)
        try expect(ResultCode.isKnown(other.code), "the second open: got \(other.answer)")
        if other.code == KCM_OK {
            other.close(functions.close)
        } else {
            try expect(other.isUntouched, "the second open failed and wrote an instance")
        }
        if subject == .store, let instance = first.instance {
            let store = RawStore(instance, try context.storeFunctions(), host, model: context.threadModel)
            let namespace = context.namespace()
            try store.mustPut(namespace, [1], [2])
            try store.mustHold(namespace, [1], [2], "after a second open")
            store.close()
        } else if let instance = first.instance {
            let root = RawRoot(instance, try context.rootFunctions(), host, model: context.threadModel)
            let key = Noise.bytes(32, seed: 1)
            try root.mustUnwrap(try root.mustWrap(key), to: key, "after a second open")
            root.close()
        }
        return "the second open: \(ResultCode.text(other.code))"
    }

    private static func again(_ context: CheckContext, _ subject: Check.Subject) throws {
        let functions = try Functions(context, subject)
        for round in 1...20 {
            let host = RawHost()
            let opening = Opening(functions.open, host, context.settings)
            try expect(opening.code == KCM_OK, "open number \(round): expected KCM_OK, got \(opening.answer)")
            opening.close(functions.close)
        }
    }

    private static func exclusive(_ context: CheckContext) throws {
        let holder = try context.start(.holder)
        let line = holder.line(before: .now + .seconds(30))
        try expect(line?.hasPrefix("open") == true, "the other process cannot open the store: \(line ?? "it ended")")
        let functions = try context.storeFunctions()
        let host = RawHost()
        let opening = Opening(functions.open, host, context.settings)
        opening.close(functions.close)
        try expect(opening.code == KCM_UNAVAILABLE, "expected KCM_UNAVAILABLE, got \(opening.answer)")
        try expect(opening.isUntouched, "open failed and still wrote an instance")
        holder.kill()
        holder.wait()
        try context.openStore().close()
    }

    /// The other process: opens, says so, and waits to be killed.
    static func hold(_ context: CheckContext) throws {
        let store = try context.openStore()
        context.channel.send("open")
        withExtendedLifetime(store) { while true { pause() } }
    }
}
