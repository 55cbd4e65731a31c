// A lock for critical sections of nanoseconds: one exchange when free, a short spin, then longer and longer rests.
//
// One word per shard of the store. Unlocking is a plain store, because a hit pays for every locked instruction twice:
// for itself, and for what the processor cannot begin ahead of it. The price is that nobody wakes a waiter, so one who
// finds the lock held by a thread that lost its processor looks again after a rest; a futex would make each unlock look
// for sleepers (Drepper, "Futexes are tricky") and cost every hit a tenth.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace trackside::cache {

class ShortLock {
 public:
  void lock() noexcept {
    for (int tries = 0; held_.load(std::memory_order_relaxed) || held_.exchange(true, std::memory_order_acquire);
         ++tries) {
      rest(tries);
    }
  }

  void unlock() noexcept { held_.store(false, std::memory_order_release); }

 private:
  static void rest(int tries) noexcept {
    if (tries < 64) {
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#endif
    } else if (tries < 128) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
  }

  std::atomic<bool> held_{false};
};

class ShortLockGuard {
 public:
  explicit ShortLockGuard(ShortLock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~ShortLockGuard() { lock_.unlock(); }
  ShortLockGuard(const ShortLockGuard&) = delete;
  ShortLockGuard& operator=(const ShortLockGuard&) = delete;

 private:
  ShortLock& lock_;
};

}  // namespace trackside::cache
