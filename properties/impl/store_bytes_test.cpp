// What the bounds count is what memory is taken: bytes() against the allocator, over keys and replies of many shapes.
//
// Everything here allocates through the operators below, which add up what malloc really handed out: what it says is
// usable, and the eight bytes of its own. Only the GNU C library's malloc is meant, and none that watches for errors.
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "properties/impl/store_twin.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define TRACKSIDE_MALLOC_IS_ANOTHER 1
#endif

namespace {

std::int64_t handed_out = 0;  // one thread

std::int64_t real_size(void* block) {
  return static_cast<std::int64_t>(malloc_usable_size(block) + sizeof(std::size_t));
}

void* hand_out(void* block) {
  if (block == nullptr) {
    throw std::bad_alloc{};
  }
  handed_out += real_size(block);
  return block;
}

void take_back(void* block) {
  if (block != nullptr) {
    handed_out -= real_size(block);
    std::free(block);
  }
}

}  // namespace

void* operator new(std::size_t size) { return hand_out(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return hand_out(std::aligned_alloc(step, (size + step - 1) / step * step));
}
void operator delete(void* block) noexcept { take_back(block); }
void operator delete(void* block, std::size_t) noexcept { take_back(block); }
void operator delete(void* block, std::align_val_t) noexcept { take_back(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { take_back(block); }

namespace trackside::testing {
namespace {

struct Shape {
  std::size_t keys;
  std::size_t key_size;
  std::size_t value_size;
  std::size_t replies;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.keys << " keys of " << shape.key_size << " bytes, each with " << shape.replies << " values of "
             << shape.value_size;
}

/// The number in as few bytes as it takes, then filled up.
std::string key_of(std::size_t number, std::size_t size) {
  std::string key(size, 'k');
  for (std::size_t at = 0; at < std::min<std::size_t>(size, 4); ++at) {
    key[at] = static_cast<char>(number >> (8 * at));
  }
  return key;
}

class Filled {
 public:
  explicit Filled(const Shape& shape) : before_(handed_out) {
    cache_->initialize(clock_, {.server = "here"});
    cache_->link_up(1);
    cache_->link_vouched(clock_.now(), 0);
    touch_fills();
    empty_ = handed_out - before_;
    const std::string frame =
        "$" + std::to_string(shape.value_size) + "\r\n" + std::string(shape.value_size, 'v') + "\r\n";
    for (std::size_t number = 0; number < shape.keys; ++number) {
      const std::string key = key_of(number, shape.key_size);
      put({.command = "GET", .key = key}, frame);
      for (std::size_t reply = 1; reply < shape.replies; ++reply) {
        const std::string field = "field:" + std::to_string(reply);
        const std::string_view arguments[] = {field};
        put({.command = "HGET", .key = key, .arguments = arguments}, frame);
      }
    }
  }

  std::int64_t counted() const { return static_cast<std::int64_t>(cache_->bytes()); }
  std::int64_t real() const { return handed_out - before_ - empty_; }
  std::int64_t empty() const { return empty_; }
  std::size_t keys() const { return cache_->keys(); }

 private:
  void put(const Query& query, const std::string& frame) {
    cache_->put(cache_->begin_fill(query), query, ReplyView{frame}, no_expiry);
  }

  /// Room for a fill under way in each part of the store is no entry's.
  void touch_fills() {
    for (int number = 0; number < 2'000; ++number) {
      const std::string key = "touch:" + std::to_string(number);
      cache_->abandon_fill(cache_->begin_fill({.command = "GET", .key = key}));
    }
  }

  const std::int64_t before_;
  HandClock clock_;
  std::unique_ptr<NodeTrackingCache> cache_ = std::make_unique<NodeTrackingCache>(
      CacheOptions{.max_keys = -1, .max_size_bytes = -1, .max_idle = std::chrono::hours{1}});
  std::int64_t empty_ = 0;
};

std::vector<Shape> shapes() {
  constexpr std::size_t affordable = std::size_t{12} * 1024 * 1024;
  std::vector<Shape> found;
  for (const std::size_t keys : {1'000, 3'000, 10'000, 57'000, 100'000}) {
    for (const std::size_t key_size : {2, 8, 9, 16, 24, 60, 200}) {
      for (const std::size_t value_size : {0, 4, 15, 64, 4'096}) {
        for (const std::size_t replies : {1, 4, 20}) {
          const bool distinct = key_size > 2 || keys < 65'536;
          if (distinct && keys * replies * (value_size + 100) < affordable) {
            found.push_back({keys, key_size, value_size, replies});
          }
        }
      }
    }
  }
  return found;
}

TEST(StoreBytes, AreWithinATenthOfWhatTheAllocatorGives) {
#ifdef TRACKSIDE_MALLOC_IS_ANOTHER
  GTEST_SKIP() << "another malloc";
#endif
  double least = 1;
  double most = 1;
  for (const Shape& shape : shapes()) {
    const Filled filled{shape};
    const double ratio = static_cast<double>(filled.counted()) / static_cast<double>(filled.real());
    EXPECT_EQ(filled.keys(), shape.keys);
    EXPECT_GT(ratio, 0.9) << shape;
    EXPECT_LT(ratio, 1.1) << shape;
    least = std::min(least, ratio);
    most = std::max(most, ratio);
  }
  std::printf("counted is %.3f to %.3f of what is taken\n", least, most);
}

TEST(StoreBytes, AnEmptyStoreTakesAsLittleAsStated) {
#ifdef TRACKSIDE_MALLOC_IS_ANOTHER
  GTEST_SKIP() << "another malloc";
#endif
  const Filled filled{{}};
  EXPECT_EQ(filled.counted(), 0);
  EXPECT_LE(filled.empty(), 24 * 1024);
}

TEST(StoreBytes, AreAllGivenBack) {
  const std::int64_t before = handed_out;
  { const Filled filled{{.keys = 1'000, .key_size = 8, .value_size = 64, .replies = 5}}; }
  EXPECT_EQ(handed_out, before);
}

}  // namespace
}  // namespace trackside::testing
