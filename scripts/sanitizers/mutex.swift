// Two threads contend for what a Mutex guards: nothing to report.
import Glibc
import Synchronization

final class Box: Sendable {
    let numbers = Mutex([Int]())
}
let box = Box()

func work() {
    for number in 0..<20_000 {
        box.numbers.withLock {
            $0.append(number)
            if $0.count > 100 { $0.removeAll() }
        }
    }
}

var first = pthread_t()
var second = pthread_t()
pthread_create(&first, nil, { _ in work(); return nil }, nil)
pthread_create(&second, nil, { _ in work(); return nil }, nil)
pthread_join(first, nil)
pthread_join(second, nil)
