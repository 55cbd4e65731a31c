# Lines and branches reached, folder by folder: by all tests, and by the simulation alone. Called by ci/coverage with
# root=FOLDER/, with_tests=0 or 1, and the files floors.txt, tests.lcov, simulation.lcov. Fails where a figure is below
# its floor.
#
# The row "impl-without-asio" is all of impl but the part that talks to sockets: its sources, and its public headers.

FNR == 1 { ++input }
input == 1 && /^[^#]/ { for (at = 2; at <= 5; ++at) floor[$1, at - 1] = $at }
/^SF:/ {
  file = substr($0, 4)
  sub(root, "", file)
  rows = 0
  if (file ~ /^(impl|model|sim)\//) {
    folder = file
    sub(/\/[^\/]*$/, "", folder)
    top = folder
    sub(/\/.*/, "", top)
    row[++rows] = folder
    if (top != folder) row[++rows] = top
    if (top == "impl" && file !~ /\/(asio\/.*|asio_runtime.hpp|async_commands.hpp|blocking_client.hpp|client.hpp)/)
      row[++rows] = "impl-without-asio"
  }
}
/^DA:/ { split(substr($0, 4), word, ","); count("lines", word[2] + 0 > 0) }
/^BRDA:/ { split(substr($0, 6), word, ","); count("branches", word[4] + 0 > 0) }

function count(what, reached,    at) {
  for (at = 1; at <= rows; ++at) {
    if (!(row[at] in known)) { known[row[at]] = 1; names[++folders] = row[at] }
    ++all[row[at], what, input]
    hit[row[at], what, input] += reached
  }
}

function percent(name, what, of) { return all[name, what, of] ? 100 * hit[name, what, of] / all[name, what, of] : 100 }

# One figure with its floor; column 1 and 2: lines and branches of all tests; 3 and 4: of the simulation alone.
function figure(name, column,    value, least) {
  value = percent(name, column % 2 ? "lines" : "branches", column < 3 ? 2 : 3)
  least = floor[name, column]
  if (column < 3 && !with_tests) return sprintf("%8s %5s", "-", "")
  if (least == "" || least == "-") return sprintf("%8.1f %5s", value, "")
  if (value >= least) return sprintf("%8.1f %5s", value, "(" least ")")
  failures = failures sprintf("%s: %.1f %% of the %s reached by %s, at least %s %% wanted\n", name, value,
    column % 2 ? "lines" : "branches", column < 3 ? "all tests" : "the simulation alone", least)
  return sprintf("%8.1f %5s", value, "<" least)
}

END {
  for (i = 1; i <= folders; ++i)
    for (j = i + 1; j <= folders; ++j)
      if (names[j] < names[i]) { swap = names[i]; names[i] = names[j]; names[j] = swap }
  printf "\n%-20s %7s %8s   %-28s %s\n", "percent (floor)", "lines", "branches", "all tests: lines, branches",
    "simulation: lines, branches"
  for (i = 1; i <= folders; ++i) {
    name = names[i]
    printf "%-20s %7d %8d   ", name, all[name, "lines", 2], all[name, "branches", 2]
    for (column = 1; column <= 4; ++column) printf "%s", figure(name, column)
    printf "\n"
  }
  if (failures != "") printf "\nBELOW THE FLOORS\n%s", failures
  exit failures != ""
}
