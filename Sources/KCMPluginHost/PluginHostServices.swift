internal import CKCMPlugin
internal import Glibc
internal import Logging

/// What a plugin gets of the daemon: a `kcm_host` that lives from open to close, with the plugin's own logger behind it.
///
/// `@unchecked Sendable`: `logger` and the pointers are constants; the struct is written in the initialiser only.
final class PluginHostServices: @unchecked Sendable {
    private let logger: Logger
    private let host: UnsafeMutablePointer<kcm_host>

    init(plugin: String, logger: Logger) {
        var logger = logger
        logger[metadataKey: "plugin"] = "\(plugin)"
        self.logger = logger
        host = .allocate(capacity: 1)
        host.initialize(to: kcm_host())
        host.pointee.struct_size = UInt32(MemoryLayout<kcm_host>.size)
        host.pointee.abi_major = UInt16(KCM_ABI_MAJOR)
        host.pointee.abi_minor = UInt16(KCM_ABI_MINOR)
        host.pointee.context = Unmanaged.passUnretained(self).toOpaque()
        host.pointee.log = { context, level, text in
            guard let context, let text else { return }
            let services = Unmanaged<PluginHostServices>.fromOpaque(context).takeUnretainedValue()
            let level: Logger.Level =
                switch Int32(bitPattern: level) {
                case KCM_LOG_DEBUG: .debug
                case KCM_LOG_INFO: .info
                case KCM_LOG_WARNING: .warning
                default: .error
                }
            services.logger.log(level: level, "\(String(cString: text))")
        }
        host.pointee.clock = { _ in
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }
        host.pointee.get_extension = { _, _ in nil }
    }

    var pointer: UnsafePointer<kcm_host> { UnsafePointer(host) }

    /// A line of the host about the plugin.
    func complain(_ text: String) { logger.error("\(text)") }

    deinit { host.deallocate() }

    /// Calls an `open` function with settings.
    /// - Returns: the instance.
    /// - Throws: ``PluginError`` with the plugin's own words.
    func open(
        _ info: PluginInfo,
        settings: [String: String],
        with function: (
            UnsafePointer<kcm_host>?, UnsafePointer<kcm_setting>?, UInt32, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
            UnsafeMutablePointer<kcm_error>?
        ) -> Int32
    ) throws(PluginError) -> UnsafeMutableRawPointer {
        var texts: [UnsafeMutablePointer<CChar>?] = []
        defer { for text in texts { free(text) } }
        var list: [kcm_setting] = []
        for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
            texts += [strdup(key), strdup(value)]
            list.append(kcm_setting(key: texts[texts.count - 2], value: texts[texts.count - 1]))
        }
        var instance: UnsafeMutableRawPointer?
        var error = kcm_error.empty
        let code = list.withUnsafeBufferPointer { function(pointer, $0.baseAddress, UInt32($0.count), &instance, &error) }
        guard code == KCM_OK else { throw PluginError(info.name, file: info.file, error.message ?? "cannot be opened (code \(code))") }
        guard let instance else { throw PluginError(info.name, file: info.file, "opened without giving an instance") }
        return instance
    }
}

extension kcm_error {
    static var empty: kcm_error {
        var error = kcm_error()
        error.struct_size = UInt32(MemoryLayout<kcm_error>.size)
        return error
    }

    /// What the plugin wrote, cut at the end of the field even where it forgot the NUL; `nil` where it wrote nothing.
    var message: String? {
        withUnsafeBytes(of: text) { bytes in
            let text = bytes.prefix { $0 != 0 }
            return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
        }
    }
}
