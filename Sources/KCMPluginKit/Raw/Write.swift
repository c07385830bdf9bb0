internal import CKCMPlugin

/// One write of a batch, unchecked: it can be one that the contract does not have.
struct Write: Sendable {
    var operation = UInt32(KCM_PUT)
    var expectation = UInt32(KCM_EXPECT_ANY)
    var revision: UInt64 = 0
    var key: [UInt8]
    var value: [UInt8] = []

    static func put(_ key: [UInt8], _ value: [UInt8]) -> Write { Write(key: key, value: value) }
    static func create(_ key: [UInt8], _ value: [UInt8]) -> Write { Write(expectation: UInt32(KCM_EXPECT_ABSENT), key: key, value: value) }
    static func replace(_ key: [UInt8], _ value: [UInt8], revision: UInt64) -> Write {
        Write(expectation: UInt32(KCM_EXPECT_REVISION), revision: revision, key: key, value: value)
    }
    static func restore(_ key: [UInt8], _ value: [UInt8], revision: UInt64) -> Write {
        Write(operation: UInt32(KCM_RESTORE), expectation: UInt32(KCM_EXPECT_ABSENT), revision: revision, key: key, value: value)
    }
    static func remove(_ key: [UInt8]) -> Write { Write(operation: UInt32(KCM_REMOVE), key: key) }
    static func remove(_ key: [UInt8], revision: UInt64) -> Write {
        Write(operation: UInt32(KCM_REMOVE), expectation: UInt32(KCM_EXPECT_REVISION), revision: revision, key: key)
    }
    static func removeAbsent(_ key: [UInt8]) -> Write {
        Write(operation: UInt32(KCM_REMOVE), expectation: UInt32(KCM_EXPECT_ABSENT), key: key)
    }
}

/// One batch of a group.
struct Batch: Sendable {
    var namespace: [UInt8]
    var writes: [Write]
}
