import Testing

extension StoresOnDisk {
    /// The same random work for a store and for the memory store: whatever they answer has to be the same, byte for byte.
    @Suite struct DifferentialStoreTests {
        private func settings(_ keystore: Keystore, _ folder: Folder) -> String {
            let place = "path=\(folder.file("store"))"
            return switch keystore {
            // Small enough to grow, or to start anew, many times.
            case .lmdb: "\(place)' 'map_size=128KiB"
            case .file: "\(place)' 'journal_size=256KiB"
            default: place
            }
        }

        @Test(arguments: Keystore.durable, [1, 2])
        func aStoreAnswersAsMemoryDoes(_ keystore: Keystore, _ seed: Int) async throws {
            let folder = try Folder()
            let answer = try await Driver("differential").run(
                try keystore.file, try Keystore.memory.file, "\(seed)", "500", settings(keystore, folder))
            #expect(answer == "same\n")
        }

        @Test(arguments: Keystore.durable)
        func itTouchesNoStrayMemory(_ keystore: Keystore) async throws {
            let folder = try Folder()
            // Built by gcc: what SwiftPM links brings the Swift runtime along, of which valgrind has its own opinion.
            let file = try await ShippedPlugin.build(keystore.rawValue, in: folder), memory = try await ShippedPlugin.build("memory", in: folder)
            let answer = try await Driver("differential").run(
                under: "valgrind -q --error-exitcode=9 --leak-check=full",
                file, memory, "3", "40", settings(keystore, folder)
            )
            // valgrind says so where it does not know a system call, and the plugin goes another way then.
            #expect(answer.hasSuffix("same\n"))
        }
    }
}
