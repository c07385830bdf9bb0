import KCMServer
import Testing

struct FileWatchTests {
    private func stamps(_ path: String) -> [FileWatch.Stamp] { [FileWatch.Stamp(path: path)] }

    @Test func aChangeIsTriedUntilItSucceedsAndAFailureIsSaidOnce() {
        let (before, half, whole) = (stamps("/nowhere"), stamps("/"), stamps("/etc"))
        var watch = FileWatch(before)
        let due = [before, half, half].map { watch.isDue($0) }
        #expect(due == [false, false, true], "not before two looks saw the same")
        let first = watch.failed(half)
        #expect(first)
        let again = watch.isDue(half)
        #expect(again, "tried again")
        let second = watch.failed(half)
        #expect(!second, "without a word")
        let other = watch.failed(whole)
        #expect(other, "another state, another word")
        watch.succeeded(whole)
        let later = [whole, whole, before, whole, before, before].map { watch.isDue($0) }
        #expect(later == [false, false, false, false, false, true], "what is being written is left alone")
    }
}
