internal import CKCMJSON
internal import KMIP

/// Walks through the values of a JSON text and builds a TTLV message from them.
enum JSONReader {
    /// What jansson may allocate: the objects of a real message take some fourteen times their text.
    private static let memoryFactor = 24
    private static let memoryLimit = 64 << 20

    /// - Throws: ``KMIPTextError`` `.syntax` where the text is no JSON, `.limit` where it is too large, else as the builder does.
    static func read(_ text: UnsafeRawBufferPointer, limits: TextLimits, into builder: inout TTLVBuilder) throws(KMIPTextError) {
        guard text.count <= limits.bytes else { throw KMIPTextError(.limit, "the text is longer than \(limits.bytes) bytes") }
        guard let start = text.bindMemory(to: CChar.self).baseAddress else { throw KMIPTextError(.syntax, "the text is empty") }
        var problem = json_error_t()
        // Strings and numbers are copied while they are read, so that much is needed whatever the shape.
        let budget = min(text.count * memoryFactor, memoryLimit) + text.count * 4 + (64 << 10)
        guard let root = kcm_json_load(start, text.count, budget, &problem) else { throw failure(problem) }
        defer { json_decref(root) }
        try read(root, into: &builder)
    }

    /// jansson's own text repeats a part of the input, which may be key material.
    private static func failure(_ problem: json_error_t) -> KMIPTextError {
        let (code, detail): (KMIPTextError.Code, String) =
            switch withUnsafePointer(to: problem, { json_error_code($0) }) {
            case json_error_out_of_memory: (.limit, "more values than a message has")
            case json_error_stack_overflow: (.limit, "nested too deep")
            case json_error_invalid_utf8: (.syntax, "the text is not UTF-8")
            case json_error_premature_end_of_input: (.syntax, "the text ends early")
            case json_error_end_of_input_expected: (.syntax, "more text behind the message")
            case json_error_duplicate_key: (.syntax, "a key stands twice in one object")
            case json_error_numeric_overflow: (.value, "a number is too large; a string of 0x and hexadecimal digits can say more")
            default: (.syntax, "not well-formed")
            }
        return KMIPTextError(code, line: max(0, Int(problem.line)), detail)
    }

    /// One item. The builder bounds the depth before this goes deeper.
    private static func read(_ item: UnsafeMutablePointer<json_t>, into builder: inout TTLVBuilder) throws(KMIPTextError) {
        guard kcm_json_type(item) == JSON_OBJECT else {
            throw builder.error(.structure, "an item is an object with the keys tag, type and value")
        }
        guard let name = string(item, "tag") else { throw builder.error(.tag, "an item has a tag, a string") }
        let value = json_object_get(item, "value")
        guard let type = try type(of: item, value, name, builder), type != .structure else {
            guard let value, kcm_json_type(value) == JSON_ARRAY else {
                throw builder.error(.structure, "the value of a Structure is an array", at: name)
            }
            try builder.begin(name)
            for index in 0..<json_array_size(value) {
                guard let child = json_array_get(value, index) else { continue }
                try read(child, into: &builder)
            }
            return builder.end()
        }
        guard let value else { throw builder.error(.value, "there is no value", at: name) }
        try scalar(name, type, value, into: &builder)
    }

    /// nil where none is given and the value says that it is a structure.
    private static func type(
        of item: UnsafeMutablePointer<json_t>, _ value: UnsafeMutablePointer<json_t>?, _ name: String, _ builder: TTLVBuilder
    ) throws(KMIPTextError) -> ItemType? {
        guard json_object_get(item, "type") != nil else {
            guard let value, kcm_json_type(value) == JSON_ARRAY else { throw builder.error(.type, "a value, and no type", at: name) }
            return nil
        }
        guard let word = string(item, "type"), let type = ItemType(name: word) else {
            throw builder.error(.type, "no type has this name", at: name)
        }
        return type
    }

    private static func scalar(
        _ name: String, _ type: ItemType, _ value: UnsafeMutablePointer<json_t>, into builder: inout TTLVBuilder
    ) throws(KMIPTextError) {
        switch kcm_json_type(value) {
        case JSON_STRING:
            guard let start = json_string_value(value) else { break }
            let text = UnsafeBufferPointer(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: json_string_length(value))
            // A Boolean may be its 64 bits, as any number may.
            if type == .boolean, let bits: UInt64 = text.hexNumber(), bits < 2 {
                return try scalar(name, type, bits == 1 ? "true" : "false", &builder)
            }
            return try builder.scalar(name, type, text)
        case JSON_INTEGER:
            let number = Int64(json_integer_value(value))
            switch type {
            case .integer, .longInteger, .interval: return try scalar(name, type, String(number), &builder)
            case .enumeration:
                guard let value = UInt32(exactly: number) else { break }
                return try scalar(name, type, TextScalar.hexadecimal(UInt64(value), digits: 8), &builder)
            case .bigInteger: return try scalar(name, type, TextScalar.hexadecimal(UInt64(bitPattern: number), digits: 16), &builder)
            default: break
            }
        case JSON_TRUE where type == .boolean: return try scalar(name, type, "true", &builder)
        case JSON_FALSE where type == .boolean: return try scalar(name, type, "false", &builder)
        default: break
        }
        throw builder.error(.value, TextScalar.shape(of: type), at: name)
    }

    private static func scalar(_ name: String, _ type: ItemType, _ text: String, _ builder: inout TTLVBuilder) throws(KMIPTextError) {
        var failure: KMIPTextError?
        var text = text
        text.withUTF8 { text in
            do throws(KMIPTextError) { try builder.scalar(name, type, text) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private static func string(_ object: UnsafeMutablePointer<json_t>, _ key: String) -> String? {
        guard let value = json_object_get(object, key), let start = json_string_value(value) else { return nil }
        return UnsafeBufferPointer(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: json_string_length(value)).text
    }
}
