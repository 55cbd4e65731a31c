// A lock for critical sections of nanoseconds: one exchange when free, a short spin, then sleep.
//
// One byte-sized word per shard of the store; std::mutex costs twice as much there. Three states, so that unlocking
// wakes nobody when nobody sleeps (Drepper, "Futexes are tricky", mutex 2).
#pragma once

#include <atomic>
#include <cstdint>

namespace trackside::cache {

class ShortLock {
 public:
  void lock() noexcept {
    for (int spin = 0; spin < 64; ++spin) {
      std::uint32_t expected = free;
      if (state_.load(std::memory_order_relaxed) == free &&
          state_.compare_exchange_weak(expected, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
        return;
      }
      pause();
    }
    while (state_.exchange(taken_with_sleepers, std::memory_order_acquire) != free) {
      state_.wait(taken_with_sleepers, std::memory_order_relaxed);
    }
  }

  void unlock() noexcept {
    if (state_.exchange(free, std::memory_order_release) == taken_with_sleepers) {
      state_.notify_one();
    }
  }

 private:
  static constexpr std::uint32_t free = 0;
  static constexpr std::uint32_t taken = 1;
  static constexpr std::uint32_t taken_with_sleepers = 2;

  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }

  std::atomic<std::uint32_t> state_{free};
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
