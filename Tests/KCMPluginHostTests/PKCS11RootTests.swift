import Glibc
import KCMCrypto
import KCMPluginHost
import KCMStore
import Testing

/// The root of trust of `pkcs11`, with SoftHSM.
@Suite struct PKCS11RootTests {
    private let token: Token
    private let label: String
    init() throws {
        token = try Token.shared.get()
        label = "root-\(UInt64.random(in: 0..<UInt64.max))"
    }

    private func open(_ settings: [String: String] = [:], pin: String? = nil) throws -> PluginRootOfTrust {
        let all = token.settings(["key": label].merging(settings) { $1 }, pin: pin)
        return try PluginRootOfTrust(
            try PluginLibrary.load("pkcs11", searchPath: .standard()), settings: all, logger: .silent, deadline: noDeadline)
    }

    private func refusal(_ settings: [String: String], pin: String? = nil) throws -> String {
        "\(try #require(#expect(throws: PluginError.self) { _ = try open(settings, pin: pin) }))"
    }

    /// SoftHSM counts the changes of a token in one file and takes the count of its own last change for seen: an object of another process stays
    /// unseen where this one, in a test beside, made one right after. A further change by another process makes it look again.
    private static let tries = 20

    /// Whether an opening is refused in these words.
    private func refuses(_ settings: [String: String], saying words: String) async throws -> Bool {
        for _ in 0..<Self.tries {
            do { await (try open(settings)).close() } catch {
                if "\(error)".contains(words) { return true }
            }
            try token.touch()
        }
        return false
    }

    /// The root as soon as what it wraps names `version`.
    private func open(_ settings: [String: String], version: [UInt8]) async throws -> PluginRootOfTrust {
        for _ in 0..<Self.tries {
            if let root = try? open(settings) {
                if Array(try await root.wrap(try SecretBytes.random(count: 32))[1..<5]) == version { return root }
                await root.close()
            }
            try token.touch()
        }
        return try open(settings)
    }

    private func bytes(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

    @Test(arguments: ["gcm", "key-wrap"], [16, 24, 32, 64])
    func aWrappedKeyOpens(_ mechanism: String, _ size: Int) async throws {
        let root = try open(["create": "yes", "mechanism": mechanism])
        let key = try SecretBytes.random(count: size)
        let blob = try await root.wrap(key)
        #expect(Array(blob[0..<5]) == [mechanism == "gcm" ? 1 : 2, 0, 0, 0, 1])
        let opened = try await root.unwrap(blob)
        #expect(bytes(opened) == bytes(key))
        try await root.checkHealth()
        for wrong in [15, 65] {
            await #expect(throws: StoreError(.invalid, "")) { _ = try await root.wrap(try SecretBytes.random(count: wrong)) }
        }
        await root.close()
    }

    @Test(arguments: ["gcm", "key-wrap"])
    func everyByteOfABlobCounts(_ mechanism: String) async throws {
        let root = try open(["create": "yes", "mechanism": mechanism])
        let blob = try await root.wrap(try SecretBytes.random(count: 28))
        for byte in blob.indices {
            for change in [0x01, 0x03, 0x80] as [UInt8] {
                var changed = blob
                changed[byte] ^= change
                await #expect(throws: StoreError(.corrupt, ""), "byte \(byte)") { _ = try await root.unwrap(changed) }
            }
        }
        for length in [0, 1, 5, 17, blob.count - 1] {
            await #expect(throws: StoreError(.corrupt, "")) { _ = try await root.unwrap(Array(blob.prefix(length))) }
        }
        await #expect(throws: StoreError(.corrupt, "")) { _ = try await root.unwrap(blob + [0]) }
        try await root.checkHealth()
        await root.close()
    }

    @Test(arguments: ["gcm", "key-wrap"])
    func theHighestVersionWrapsAndAllUnwrap(_ mechanism: String) async throws {
        try token.makeKey(label, version: "01")
        let root = try await open(["mechanism": mechanism], version: [0, 0, 0, 1])
        let key = try SecretBytes.random(count: 32)
        let old = try await root.wrap(key)
        await root.close()

        try token.makeKey(label, version: "0102")
        let rotated = try await open(["mechanism": mechanism], version: [0, 0, 1, 2])
        let new = try await rotated.wrap(key)
        #expect(Array(new[1..<5]) == [0, 0, 1, 2])
        for blob in [old, new] {
            let opened = try await rotated.unwrap(blob)
            #expect(bytes(opened) == bytes(key))
        }
        // The version is bound to the blob.
        var other = new
        other.replaceSubrange(1..<5, with: [0, 0, 0, 1])
        await #expect(throws: StoreError(.corrupt, "")) { _ = try await rotated.unwrap(other) }
        other.replaceSubrange(1..<5, with: [0, 0, 0, 9])
        let error = await #expect(throws: StoreError.self) { _ = try await rotated.unwrap(other) }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("version 9 of the root key \(label) is not on the token") == true)
        await rotated.close()
    }

    @Test func aKeyThatWasMadeSinceOpens() async throws {
        try token.makeKey(label, version: "01")
        let before = try await open([:], version: [0, 0, 0, 1])
        try token.makeKey(label, version: "02")
        let after = try await open([:], version: [0, 0, 0, 2])
        let blob = try await after.wrap(try SecretBytes.random(count: 32))
        _ = try await before.unwrap(blob)
        await before.close()
        await after.close()
    }

    @Test func anotherRootKeysBlobIsCorrupt() async throws {
        let root = try open(["create": "yes"]), other = try open(["create": "yes", "key": label + "-other"])
        let blob = try await root.wrap(try SecretBytes.random(count: 32))
        await #expect(throws: StoreError(.corrupt, "")) { _ = try await other.unwrap(blob) }
        await root.close()
        _ = try await other.wrap(try SecretBytes.random(count: 32))
        await other.close()
    }

    @Test func manyCallsAtATime() async throws {
        let root = try open(["create": "yes"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for size in 16..<64 {
                group.addTask {
                    let key = try SecretBytes.random(count: size)
                    let opened = try await root.unwrap(try await root.wrap(key))
                    #expect(opened.withUnsafeBytes { Array($0) } == key.withUnsafeBytes { Array($0) })
                }
            }
            try await group.waitForAll()
        }
        await root.close()
    }

    @Test func keysThatCouldLeaveTheTokenAreRefused() async throws {
        let tool = "\(Token.tool) --keygen"
        try token.run("\(tool) --key-type AES:32 --label '\(label)' --id 01 --private --sensitive --extractable")
        #expect(try await refuses([:], saying: "could leave it"))
        try token.run("\(tool) --key-type AES:32 --label '\(label)-2' --id 01 --private")
        #expect(try await refuses(["key": label + "-2"], saying: "could leave it"))
        try token.run("\(tool) --key-type AES:16 --label '\(label)-3' --id 01 --private --sensitive")
        #expect(try await refuses(["key": label + "-3"], saying: "has not 32 bytes"))
        try token.run("\(tool) --key-type AES:32 --label '\(label)-4' --private --sensitive")
        #expect(try await refuses(["key": label + "-4"], saying: "has no version"))
        for _ in 0..<2 { try token.makeKey(label + "-5", version: "01") }
        #expect(try await refuses(["key": label + "-5"], saying: "twice"))
        #expect(try await refuses(["key": label + "-6"], saying: "no AES key with label \(label)-6; make one, or set 'create' to yes"))
    }

    @Test func settingsThatAreWrongGiveOneClearLine() throws {
        #expect(try refusal(["modul": "x"]).contains("'modul' is not known"))
        #expect(try refusal(["module": "softhsm2.so"]).contains("'module' is not an absolute path"))
        #expect(try refusal(["module": "/dev/null"]).contains("cannot load the PKCS#11 module"))
        #expect(try refusal(["slot": "-1"]).contains("'slot' is not a number"))
        #expect(try refusal(["create": "perhaps"]).contains("'create' is wrong"))
        #expect(try refusal([:], pin: token.folder.file("none")).contains("cannot read the PIN file"))
        try token.folder.write("4711", to: "open-pin", mode: 0o644)
        #expect(try refusal([:], pin: token.folder.file("open-pin")).contains("is not a regular file of mode 0600"))
        try token.folder.write("\n", to: "empty-pin")
        #expect(try refusal([:], pin: token.folder.file("empty-pin")).contains("line of 1 to 255 bytes"))
    }
}
