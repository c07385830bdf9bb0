internal import CKCMPlugin
internal import Glibc

/// A `kcm_error` with guard bytes behind it.
final class ErrorField {
    private static let guardSize = 64
    private static let guardByte: UInt8 = 0xA5
    private let block: UnsafeMutableRawPointer
    private static var size: Int { MemoryLayout<kcm_error>.size }

    init() {
        block = .allocate(byteCount: Self.size + Self.guardSize, alignment: 16)
        block.initializeMemory(as: UInt8.self, repeating: 0, count: Self.size)
        (block + Self.size).initializeMemory(as: UInt8.self, repeating: Self.guardByte, count: Self.guardSize)
        pointer.pointee.struct_size = UInt32(Self.size)
    }

    deinit { block.deallocate() }

    var pointer: UnsafeMutablePointer<kcm_error> { block.assumingMemoryBound(to: kcm_error.self) }

    /// What the plugin wrote.
    var text: String {
        withUnsafeBytes(of: pointer.pointee.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// What is wrong with the field after a call that ended with `code`; `nil`: nothing.
    func fault(_ code: Int32) -> String? {
        let bytes = withUnsafeBytes(of: pointer.pointee.text) { Array($0) }
        let behind = UnsafeRawBufferPointer(start: block + Self.size, count: Self.guardSize)
        if behind.contains(where: { $0 != Self.guardByte }) { return "bytes behind the kcm_error were overwritten" }
        guard let end = bytes.firstIndex(of: 0) else { return "the error text has no NUL in its \(bytes.count) bytes" }
        if code != KCM_OK, code != KCM_NOT_FOUND, end == 0 { return "no error text" }
        if String(validating: bytes[..<end], as: UTF8.self) == nil { return "the error text is not UTF-8" }
        return nil
    }
}
