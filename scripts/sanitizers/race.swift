// Two threads write to one variable without a lock: has to be reported.
import Glibc

nonisolated(unsafe) var counter = 0

func work() {
    for _ in 0..<1000 { counter += 1 }
}

var first = pthread_t()
var second = pthread_t()
pthread_create(&first, nil, { _ in work(); return nil }, nil)
pthread_create(&second, nil, { _ in work(); return nil }, nil)
pthread_join(first, nil)
pthread_join(second, nil)
