/// What is too long for an event loop, which serves other connections meanwhile.
enum LongComputation {
    /// Data beyond this takes a fifth of a millisecond and more, even of the fastest algorithms. In bytes.
    static let threshold = 256 * 1024
}
