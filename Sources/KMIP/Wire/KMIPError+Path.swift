public import NIOCore

extension KMIPError {
    /// The text for the client, with the way to the item at fault from the message down, as
    /// `RequestMessage/BatchItem[2]/RequestPayload/Attribute at byte 312: …`. Repeats tags and offsets, no value.
    /// - Parameter frame: the message that was read.
    public func description(in frame: ByteBuffer) -> String {
        text(path(in: frame.slice()), offset)
    }

    /// The same for an error met in the payload of a batch item; the offset is counted from the start of the message.
    public func description(in item: RequestBatchItem) -> String {
        let index = item.place.position > 1 ? "[\(item.place.position)]" : ""
        let inner = path(in: item.payload.slice())
        return text(["RequestMessage", "BatchItem\(index)", "RequestPayload"] + inner, item.place.offset + offset)
    }

    private func text(_ path: [String], _ offset: Int) -> String {
        // Of a missing item, the way leads to the structure that lacks it; of one that is not read yet, to what holds it.
        let place = path.last.map { $0 == tag.description || $0.hasPrefix(tag.description + "[") } == true ? path : path + [tag.description]
        return "\(place.joined(separator: "/")) at byte \(offset): \(detail)"
    }

    /// The tags from the outermost item to the one at `offset`, as far as headers can be read; made on failure only, so reading has
    /// no path to keep. The second of several with one tag is `[2]`.
    private func path(in items: ByteBuffer) -> [String] {
        var path: [String] = []
        var reader = TTLVReader(items: items)
        // Each round goes one structure down, so the depth limit bounds it.
        descent: while true {
            var seen: [Tag: Int] = [:]
            while let item = try? reader.next() {
                seen[item.tag, default: 0] += 1
                let end = item.offset + 8 + (item.length + 7) & ~7
                let isInside = item.offset < offset && (offset < end || code == .missing && offset == item.valueOffset)
                guard item.offset == offset && code != .missing || isInside else { continue }
                path.append(seen[item.tag, default: 1] > 1 ? "\(item.tag)[\(seen[item.tag, default: 1])]" : "\(item.tag)")
                guard isInside, !(code == .missing && offset == item.valueOffset), let inner = try? reader.structure(item) else { return path }
                reader = inner
                continue descent
            }
            return path
        }
    }
}
