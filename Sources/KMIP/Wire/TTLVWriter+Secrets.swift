extension TTLVWriter {
    /// A Big Integer out of an unsigned number, big-endian; straight from where it lies.
    public mutating func unsignedInteger(_ tag: Tag, _ value: UnsafeRawBufferPointer) {
        // A first bit of 1 would make it negative.
        let needed = value.count + ((value.first ?? 0) & 0x80 == 0 ? 0 : 1)
        let padded = max((needed + 7) & ~7, 8)
        bigInteger(tag, size: padded) { room in
            UnsafeMutableRawBufferPointer(rebasing: room[(padded - value.count)...]).copyMemory(from: value)
        }
    }

    /// Overwrites everything written with zeros and forgets it; for writers whose bytes do not leave.
    public mutating func wipe() {
        // The buffer is this writer's alone, or it would have been copied on writing.
        overwrite { room in room.initializeMemory(as: UInt8.self, repeating: 0) }
        rewind(to: 0)
    }
}
