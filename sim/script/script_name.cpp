// The name of a script: a digest of its text.
#include <array>

#include <boost/uuid/detail/sha1.hpp>
#include <fmt/format.h>

#include "sim/script/interpreter.hpp"

namespace trackside::sim::script {

std::string name_of(std::string_view text) {
  boost::uuids::detail::sha1 digest;
  digest.process_bytes(text.data(), text.size());
  boost::uuids::detail::sha1::digest_type words{};
  digest.get_digest(words);
  std::string name;
  for (const unsigned int word : words) name += fmt::format("{:08x}", word);
  return name;
}

}  // namespace trackside::sim::script
