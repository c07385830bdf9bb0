extension TTLVReader {
    /// Reads a structure with the decoder of its type.
    @inline(__always)
    func nested<T>(_ item: TTLVItem, _ decode: (inout TTLVReader) throws(KMIPError) -> T) throws(KMIPError) -> T {
        var reader = try structure(item)
        return try decode(&reader)
    }
}
