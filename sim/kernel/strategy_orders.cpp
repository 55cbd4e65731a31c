// Nothing takes time, and what happens at one instant happens in an order that is decided: for small scopes of which
// every order is tried.
#include "sim/kernel/strategies.hpp"

namespace trackside::sim {
namespace {

class Orders final : public Strategy {
 public:
  std::uint64_t delay(const Whose&, std::uint64_t, std::uint64_t) const override { return 0; }
  bool decides_orders() const override { return true; }
};

}  // namespace

std::unique_ptr<Strategy> make_orders() {
  return std::make_unique<Orders>();
}

}  // namespace trackside::sim
