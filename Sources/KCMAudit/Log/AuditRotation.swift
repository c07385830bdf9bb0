/// When a log's file is ended and kept, and a new one begun.
public struct AuditRotation: Sendable, Equatable {
    /// From so many bytes on; `nil`: never for its size.
    public var size: Int64?
    /// So many nanoseconds after its first line, where it has more than that; `nil`: never for its age.
    public var age: Int64?

    public init(size: Int64? = nil, age: Int64? = nil) {
        self.size = size
        self.age = age
    }
}
