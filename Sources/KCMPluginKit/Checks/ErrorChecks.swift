internal import CKCMPlugin

/// Texts are for the operator: there, terminated, and without a byte of a key or a value.
enum ErrorChecks {
    static let all: [Check] = [
        Check("store.errors", "error texts are there, NUL-terminated UTF-8, and hold no keys or values; nor does the log", store)
    ]

    private static let secret = Array("kit-secret-4f1e77".utf8)

    private static func store(_ context: CheckContext) throws {
        let functions = try context.storeFunctions()
        for name in ["kit-unknown", String(repeating: "long", count: 300)] {
            let host = RawHost()
            let opening = Opening(functions.open, host, context.settings + [KitOptions.Setting(key: name, value: "1")])
            if opening.code == KCM_OK {
                opening.close(functions.close)
            } else if let fault = opening.fault {
                throw CheckFailure("open with an unknown setting of \(name.utf8.count) bytes: \(fault)")
            }
        }
        let store = try context.openStore()
        let namespace = context.namespace()
        let big = secret + Noise.bytes(Int(min(store.limits.maximum_value, 1 << 20)), seed: 5)
        let longKey = secret + Noise.bytes(Int(min(store.limits.maximum_key, 1 << 20)), seed: 6)
        try store.mustPut(namespace, secret, secret)
        var texts: [String] = []
        func record(_ what: String, _ code: Int32, _ text: String, _ fault: String?) throws {
            if let fault { throw CheckFailure("\(what), which ended with \(ResultCode.text(code)): \(fault)") }
            texts.append(text)
        }
        for (what, writes) in [
            ("a commit with a conflict", [Write.create(secret, secret)]),
            ("a commit of an unknown operation", [Write(operation: 99, key: secret, value: secret)]),
            ("a commit of a key over the limit", [Write.put(longKey, secret)]), ("a commit of a value over the limit", [Write.put(secret, big)]),
        ] {
            let answer = store.commit([Batch(namespace: namespace, writes: writes)])
            try record(what, answer.code, answer.text, answer.textFault)
        }
        let get = store.get(namespace, secret + [1])
        try record("a get of an absent key", get.code, get.text, get.textFault)
        let long = store.get(namespace, longKey)
        try record("a get of a key over the limit", long.code, long.text, long.textFault)
        let scan = store.scan(namespace, prefix: longKey)
        try record("a scan with a prefix over the limit", scan.code, scan.text, scan.textFault)
        store.close()
        texts += store.host.log.map(\.text)
        let words = [String(decoding: secret, as: UTF8.self), secret.map { String($0, radix: 16) }.joined()]
        for text in texts {
            try expect(!words.contains { text.lowercased().contains($0) }, "an error text or a line of the log holds bytes of a key or a value")
        }
    }
}
