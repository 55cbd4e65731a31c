// One client's line of a scenario's text: how it is written, and how it is read back.
//
// What every client has is always written; what few have only where it is not the default, so that old texts stay as
// they are. Neighbours: scenario.hpp (the value), scenario_words.hpp (the words of a line).
//
// Habits, each a word of the list `habits`: what a client may do otherwise than most.
//   hooks        its cache tells of hits, misses and the like (CacheHooks)
//   named        it has a name (CLIENT SETNAME)
//   user         it says its user's name with the password
//   no_cache     it has none
//   impatient    it takes few commands at once, and few bytes of them
//   seeds        it knows of further endpoints, of which some lead nowhere
//   one_seed     the endpoint that it is given leads nowhere, and it knows of one other
//   few_figures  its statistics have room for two keys
//   few_names    its statistics have room for few bytes of names
//   short_reads  it takes replies of 6,000 bytes at most
//   plain_cache  its cache is the least that can be one: it keeps nothing (not for clusters, where it is a mistake)
//   same_cache   it is given the very cache of the client whose store it shares
//   program      a program beside it reads through a connection of its own, and keeps what it reads in the same cache
// The others are mistakes for which it never gets a link, and says why:
//   noloop, prefixes_overlap, prefixes_alone, resp2_in_band, wrong_password, no_connections, no_such_database
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sim/scenario.hpp"
#include "sim/scenario_words.hpp"

namespace trackside::sim {

inline constexpr std::array<std::string_view, 20> habit_names = {
    "hooks",       "named",          "user",        "no_cache",       "impatient",
    "seeds",       "few_figures",    "plain_cache", "same_cache",     "program",
    "one_seed",    "few_names",      "short_reads",
    "noloop",      "prefixes_overlap", "prefixes_alone", "resp2_in_band",
    "wrong_password", "no_connections", "no_such_database",
};
inline constexpr std::size_t habits_that_work = 13;  // so many from the first on

/// Whether it has a habit with which it never gets a link.
bool is_refused(const ClientSetup& client);

void print_client(const ClientSetup& client, std::string& out);
/// The rest of the line, behind the word `client`. Whether the one whose store it shares is there, the caller knows.
ClientSetup read_client(LineReader& reader);

}  // namespace trackside::sim
