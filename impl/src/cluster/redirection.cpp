#include "cluster/redirection.hpp"

#include <charconv>

#include "resp/slot.hpp"
#include "resp/syntax.hpp"
#include "seam/mark.hpp"

namespace trackside::cluster {
namespace {

std::optional<std::uint32_t> number_in(std::string_view text, std::uint32_t most) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && number <= most ? std::optional{number} : std::nullopt;
}

}  // namespace

std::optional<Endpoint> read_address(std::string_view text, const Endpoint& answered_by) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  const auto port = number_in(text.substr(colon + 1), UINT16_MAX);
  if (!port || *port == 0) {
    return std::nullopt;
  }
  const std::string_view host = text.substr(0, colon);
  return Endpoint{.host = host.empty() || host == "?" ? answered_by.host : std::string{host},
                  .port = static_cast<std::uint16_t>(*port)};
}

std::optional<Redirection> read_redirection(ReplyView reply, const Endpoint& answered_by) {
  if (!reply.is_error()) {
    return std::nullopt;
  }
  std::string_view text = reply.as_string().value();
  const std::string_view code = resp::next_word(text);
  TRACKSIDE_MARK_IF(answered_tryagain, code == "TRYAGAIN");
  TRACKSIDE_MARK_IF(answered_clusterdown, code == "CLUSTERDOWN");
  TRACKSIDE_MARK_IF(answered_loading, code == "LOADING");
  TRACKSIDE_MARK_IF(answered_readonly, code == "READONLY");
  if (code == "TRYAGAIN" || code == "CLUSTERDOWN" || code == "LOADING" || code == "MASTERDOWN") {
    return Redirection{.kind = Redirection::Kind::later};
  }
  if (code == "READONLY") {
    return Redirection{.kind = Redirection::Kind::elsewhere};
  }
  if (code != "MOVED" && code != "ASK") {
    return std::nullopt;
  }
  const auto slot = number_in(resp::next_word(text), resp::slot_count - 1);
  const auto target = read_address(resp::next_word(text), answered_by);
  if (!slot || !target) {
    return std::nullopt;
  }
  return Redirection{.kind = code == "ASK" ? Redirection::Kind::ask : Redirection::Kind::moved,
                     .slot = static_cast<std::uint16_t>(*slot),
                     .target = *target};
}

}  // namespace trackside::cluster
