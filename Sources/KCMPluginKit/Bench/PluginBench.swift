internal import CKCMPlugin
internal import Glibc
internal import KCMPluginHost

/// Measures a store through the raw contract, as it fills.
package struct PluginBench {
    /// Why it cannot be measured.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What is measured.
    package struct Options: Sendable {
        package var plugin: String
        /// `{dir}` stands for a fresh folder.
        package var settings: [KitOptions.Setting]
        /// Numbers of records at which to measure, ascending.
        package var records = [1_000, 100_000]
        /// Bytes of a value.
        package var value = 1024
        /// Batches of a group.
        package var group = 64
        /// How long each measurement takes, at least one operation.
        package var seconds = 2.0
        package var keep = false

        package init(plugin: String, settings: [KitOptions.Setting]) {
            self.plugin = plugin
            self.settings = settings
        }
    }

    /// Operations a second with a number of records in the store.
    package struct Row: Sendable {
        package internal(set) var records = 0
        /// One batch of one write a call.
        package internal(set) var put = 0.0
        /// Groups of batches of one write.
        package internal(set) var putGrouped = 0.0
        /// Of random keys, one thread.
        package internal(set) var get = 0.0
        /// Entries, in pages of 1,000.
        package internal(set) var scan = 0.0
        /// On the medium, as the plugin's statistics have it; 0 where not told.
        package internal(set) var bytesPerRecord = 0.0
    }

    private let options: Options
    private let store: RawStore
    private let namespace = Array("bench".utf8)
    private let folder: String
    /// Made beforehand: making them is not what is measured.
    private let values: [[UInt8]]
    /// Name and version.
    package let plugin: String

    /// Opens the store.
    package init(_ options: Options) throws {
        self.options = options
        values = (0..<64).map { Noise.bytes(options.value, seed: $0) }
        do {
            let folder = try Folders.make()
            self.folder = folder
            let library = try PluginLibrary.load(options.plugin, searchPath: .standard())
            plugin = "\(library.info.name) \(library.info.version)"
            guard let functions = library.store else { throw Failure(description: "\(plugin) is no store") }
            let settings = options.settings.map {
                KitOptions.Setting(key: $0.key, value: $0.value.replacing("{dir}", with: folder).replacing("{id}", with: "bench\(getpid())"))
            }
            let host = RawHost()
            let opening = Opening(functions.open, host, settings)
            guard opening.code == KCM_OK, let instance = opening.instance else {
                throw Failure(description: "\(plugin) does not open: \(opening.answer)")
            }
            store = RawStore(instance, functions, host, model: library.descriptor.pointee.thread_model)
        } catch let error as PluginError { throw Failure(description: "\(error)") } catch let failure as Folders.Failure {
            throw Failure(description: failure.reason)
        }
        guard UInt64(options.value) <= store.limits.maximum_value else {
            throw Failure(description: "\(plugin) takes values of up to \(store.limits.maximum_value) bytes")
        }
    }

    /// Fills the store to each number of records and measures there.
    /// - Parameter progress: what is done, and how far from 0 to 1.
    package func run(progress: (String, Double) -> Void, row: (Row) -> Void) throws {
        defer {
            empty()
            store.close()
            if !options.keep { Folders.remove(folder) }
        }
        var filled = 0
        for records in options.records.sorted() {
            while filled < records {
                let next = min(filled + options.group * batchSize, records)
                try commit(stride(from: filled, to: next, by: batchSize).map { start in (start..<min(start + batchSize, next)).map(write) })
                filled = next
                progress("loading \(records)", Double(filled) / Double(records))
            }
            var result = Row(records: records)
            let statistics = store.statistics()
            if statistics.code == KCM_OK, records > 0 { result.bytesPerRecord = Double(statistics.statistics.bytes) / Double(records) }
            progress("get at \(records)", 0)
            result.get = try measure { _ in
                let number = Int.random(in: 0..<records)
                let answer = store.get(namespace, key(number))
                guard answer.code == KCM_OK else { throw Failure(description: "get: \(answer.answer)") }
                return 1
            }
            progress("scan at \(records)", 0.25)
            var cursor: [UInt8]?
            result.scan = try measure { _ in
                let answer = store.scan(namespace, after: cursor, limit: 1000)
                guard answer.code == KCM_OK else { throw Failure(description: "scan: \(answer.answer)") }
                cursor = answer.entries.last?.key
                return answer.entries.count
            }
            // Puts replace records that are there, so that their number stays.
            progress("put at \(records)", 0.5)
            result.put = try measure { _ in
                try commit([[write(Int.random(in: 0..<records))]])
                return 1
            }
            progress("grouped put at \(records)", 0.75)
            result.putGrouped = try measure { _ in
                try commit((0..<options.group).map { _ in [write(Int.random(in: 0..<records))] })
                return options.group
            }
            row(result)
        }
    }

    /// Writes of one batch while loading.
    private var batchSize: Int { min(16, Int(store.limits.maximum_batch)) }

    /// As blinded identifiers are: 32 bytes in no order.
    private func key(_ number: Int) -> [UInt8] { Noise.bytes(32, seed: UInt64(number)) }
    private func write(_ number: Int) -> Write { .put(key(number), values[number % values.count]) }

    private func commit(_ batches: [[Write]]) throws {
        let answer = store.commit(batches.map { Batch(namespace: namespace, writes: $0) })
        guard answer.isOK else { throw Failure(description: "commit: \(answer.answer)") }
    }

    /// - Returns: operations a second.
    private func measure(_ body: (Int) throws -> Int) throws -> Double {
        let start = ContinuousClock.now
        var (count, calls) = (0, 0)
        while true {
            count += try body(calls)
            calls += 1
            let time = (ContinuousClock.now - start).components
            let seconds = Double(time.seconds) + Double(time.attoseconds) / 1e18
            if seconds >= options.seconds { return Double(count) / seconds }
        }
    }

    /// A medium that is not the bench's own is left without its records.
    private func empty() {
        guard !options.settings.contains(where: { $0.value.contains("{dir}") }), !options.keep else { return }
        while case let keys = store.scan(namespace, limit: 1000).keys, !keys.isEmpty {
            let batches = stride(from: 0, to: keys.count, by: batchSize).map { keys[$0..<min($0 + batchSize, keys.count)].map { Write.remove($0) } }
            guard store.commit(batches.map { Batch(namespace: namespace, writes: $0) }).isOK else { return }
        }
    }
}
