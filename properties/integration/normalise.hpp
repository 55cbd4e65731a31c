// Replies made comparable: what two servers cannot agree on is replaced by a word.
//
// Client ids become "client-0", "client-1"; integers of six digits and more, which are times to live and points in
// time in these tests, lose all but five significant digits. Bulk strings stay as they are, but for lines of CLIENT
// LIST: those of other clients go, and so do addresses, ages and sizes; but for lines of CLUSTER NODES, which lose
// their times and are sorted; and but for encodings of strings, which become one. What UNSUBSCRIBE and SUNSUBSCRIBE
// give up comes in order of name, as the real server's order is that of a hash seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trackside::testing {

std::string normalise(std::string_view replies, const std::vector<std::int64_t>& client_ids);

}  // namespace trackside::testing
