import Glibc
import KCMCrypto
import KCMPluginHost
import KCMStore
import Testing

/// The `file` root of trust.
@Suite struct RootOfTrustTests {
    private static let first = String(repeating: "0123456789abcdef", count: 4)
    private static let second = String(repeating: "fedcba9876543210", count: 4)

    private let folder: Folder
    init() throws { folder = try Folder() }

    private func open(_ text: String, mode: mode_t = 0o600) throws -> PluginRootOfTrust {
        try folder.write(text, to: "root.key", mode: mode)
        return try PluginRootOfTrust(
            try PluginLibrary.load("file", searchPath: .standard()), settings: ["path": folder.file("root.key")], logger: .silent,
            deadline: noDeadline)
    }

    private func refusal(_ text: String, mode: mode_t = 0o600) throws -> String {
        "\(try #require(#expect(throws: PluginError.self) { _ = try open(text, mode: mode) }))"
    }

    private func bytes(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

    @Test(arguments: [16, 24, 32, 64])
    func aWrappedKeyOpens(_ size: Int) async throws {
        let root = try open("kcm-root-key-1\n1 \(Self.first)\n")
        let key = try SecretBytes.random(count: size)
        let blob = try await root.wrap(key), again = try await root.wrap(key)
        #expect(blob != again)
        let opened = try await root.unwrap(blob)
        #expect(bytes(opened) == bytes(key))
        try await root.checkHealth()
        await root.close()
    }

    @Test(arguments: [1, 15, 65, 100])
    func keysOfOtherSizesAreRefused(_ size: Int) async throws {
        let root = try open("kcm-root-key-1\n1 \(Self.first)\n")
        await #expect(throws: StoreError(.invalid, "")) { _ = try await root.wrap(try SecretBytes.random(count: size)) }
        await root.close()
    }

    @Test func everyBitOfABlobCounts() async throws {
        let root = try open("kcm-root-key-1\n1 \(Self.first)\n2 \(Self.second)\n")
        let blob = try await root.wrap(try SecretBytes.random(count: 32))
        for bit in 0..<blob.count * 8 {
            var changed = blob
            changed[bit / 8] ^= 1 << (bit % 8)
            await #expect(throws: StoreError(.corrupt, "")) { _ = try await root.unwrap(changed) }
        }
        for length in [0, 1, 5, 17, blob.count - 1] {
            await #expect(throws: StoreError(.corrupt, "")) { _ = try await root.unwrap(Array(blob.prefix(length))) }
        }
        await #expect(throws: StoreError(.corrupt, "")) { _ = try await root.unwrap(blob + [0]) }
        await root.close()
    }

    /// Two versions with the same key differ in their additional data only.
    @Test func theVersionOfABlobIsAuthenticated() async throws {
        let root = try open("kcm-root-key-1\n1 \(Self.first)\n2 \(Self.first)\n")
        var blob = try await root.wrap(try SecretBytes.random(count: 32))
        #expect(Array(blob[0..<5]) == [1, 0, 0, 0, 2])
        blob[4] = 1
        await #expect(throws: StoreError(.corrupt, "")) { _ = try await root.unwrap(blob) }
        await root.close()
    }

    @Test func theHighestVersionWrapsAndAllUnwrap() async throws {
        let key = try SecretBytes.random(count: 32)
        let old = try open("kcm-root-key-1\n1 \(Self.first)\n")
        let blob = try await old.wrap(key)
        await old.close()

        let rotated = try open("kcm-root-key-1\n2 \(Self.second)\n1 \(Self.first)\n")
        let opened = try await rotated.unwrap(blob)
        #expect(bytes(opened) == bytes(key))
        let newBlob = try await rotated.wrap(key)
        await rotated.close()

        let onlyNew = try open("kcm-root-key-1\n2 \(Self.second)\n")
        let openedAgain = try await onlyNew.unwrap(newBlob)
        #expect(bytes(openedAgain) == bytes(key))
        let error = await #expect(throws: StoreError.self) { _ = try await onlyNew.unwrap(blob) }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("version 1 of the root key is not in \(folder.file("root.key"))") == true)
        await onlyNew.close()

        let other = try open("kcm-root-key-1\n1 \(Self.second)\n")
        await #expect(throws: StoreError(.corrupt, "")) { _ = try await other.unwrap(blob) }
        await other.close()
    }

    @Test(arguments: [0o604, 0o640, 0o620, 0o666, 0o601] as [mode_t])
    func aFileOthersMayTouchIsRefused(_ mode: mode_t) throws {
        let line = try refusal("kcm-root-key-1\n1 \(Self.first)\n", mode: mode)
        #expect(line.contains("has mode \(String(mode, radix: 8)); only its owner may read it (chmod 600)"))
    }

    @Test(arguments: [
        ("", 1), ("kcm-root-key-2\n", 1), ("kcm-root-key-1\n", 1), ("kcm-root-key-1\n1 \(first)", 2), ("kcm-root-key-1\n1 \(first.dropLast())\n", 2),
        ("kcm-root-key-1\n1 \(first)0\n", 2), ("kcm-root-key-1\n0 \(first)\n", 2), ("kcm-root-key-1\n4294967296 \(first)\n", 2),
        ("kcm-root-key-1\n-1 \(first)\n", 2), ("kcm-root-key-1\n+1 \(first)\n", 2), ("kcm-root-key-1\n 1 \(first)\n", 2),
        ("kcm-root-key-1\n1 \(first)\n1 \(second)\n", 3), ("kcm-root-key-1\n1 \(first.uppercased())\n", 2), ("kcm-root-key-1\n1 \(first)\n\n", 3),
    ])
    func aMalformedFileIsRefusedByLine(_ text: String, _ line: Int) throws {
        let message = try refusal(text)
        #expect(message.contains("line \(line) of the root key file \(folder.file("root.key")) is wrong"))
        // Key digits stay out of every message.
        #expect(!message.contains("0123456789"))
    }

    @Test func aMissingFileIsNotMadeUp() throws {
        let library = try PluginLibrary.load("file", searchPath: .standard())
        let path = folder.file("none.key")
        let error = #expect(throws: PluginError.self) { _ = try PluginRootOfTrust(library, settings: ["path": path], logger: .silent) }
        #expect(error?.description.contains("there is no root key file \(path)") == true)
        #expect(error?.description.contains("kcmctl init") == true)
        #expect(access(path, F_OK) != 0)
        for file in ["/dev/null", folder.path] {
            let error = #expect(throws: PluginError.self) { _ = try PluginRootOfTrust(library, settings: ["path": file], logger: .silent) }
            #expect(error?.description.contains("not a regular file") == true)
        }
    }
}
