import KCMServer
import Testing

struct FileWatchTests {
    private func stamps(_ path: String) -> [FileWatch.Stamp] { [FileWatch.Stamp(path: path)] }

    @Test func aChangeIsTriedUntilItSucceedsAndAFailureIsSaidOnce() {
        let (before, half, whole) = (stamps("/nowhere"), stamps("/"), stamps("/etc"))
        var watch = FileWatch(before)
        #expect(!watch.isDue(before))
        #expect(watch.isDue(half))
        let first = watch.failed(half)
        #expect(first)
        #expect(watch.isDue(half), "tried again")
        let second = watch.failed(half)
        #expect(!second, "without a word")
        let other = watch.failed(whole)
        #expect(other, "another state, another word")
        watch.succeeded(whole)
        #expect(!watch.isDue(whole))
        #expect(watch.isDue(before))
    }
}
