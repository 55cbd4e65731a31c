// Reads CLIENT LIST's answer as far as a link needs it: which connections redirect to a client.
// Source: https://redis.io/commands/client-list/ (fields `id`, `flags` with `t` for tracking, `redir`).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace trackside::link {

/// The ids of those lines that track and redirect to `target`. What is not understood is passed over.
std::vector<std::int64_t> redirecting_to(std::int64_t target, std::string_view client_list);

}  // namespace trackside::link
