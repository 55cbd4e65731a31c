// Messages between servers while they are under way: plain values in slots that are used again.
//
// Links carry a slot's number, so that they need not know what is said. Nothing is allocated after warm-up but what a
// message holds itself. Neighbour: server_links.hpp.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace trackside::sim {

/// Names a message that is under way.
enum class MessageSlot : std::uint32_t {};

template <class Message>
class MessagePool {
 public:
  MessageSlot put(Message message) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    slots_[index] = std::move(message);
    return MessageSlot{index};
  }

  /// Takes it out; the slot names nothing from now on.
  Message take(MessageSlot slot) {
    const auto index = static_cast<std::uint32_t>(slot);
    free_.push_back(index);
    return std::exchange(slots_[index], Message{});
  }

  std::size_t in_use() const noexcept { return slots_.size() - free_.size(); }

 private:
  std::vector<Message> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace trackside::sim
