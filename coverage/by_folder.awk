# Lines reached, folder by folder: by all tests, and by the simulation alone. Called by ci/coverage with
# root=FOLDER/ and the files floors.txt, tests.lcov, simulation.lcov. Fails if a folder is below its floor.

FNR == 1 { ++input }
input == 1 && /^[^#]/ { floor[$1] = $2 }
/^SF:/ {
  file = substr($0, 4)
  sub(root, "", file)
  folder = file
  sub(/\/[^\/]*$/, "", folder)
  if (folder !~ /^(impl|model|sim)/) folder = ""
}
/^DA:/ && folder != "" {
  split(substr($0, 4), line, ",")
  count(folder, line[2] > 0)
  top = folder
  sub(/\/.*/, "", top)
  if (top != folder) count(top, line[2] > 0)
}

function count(name, reached) {
  if (!(name in known)) { known[name] = 1; names[++folders] = name }
  ++all[name, input]
  hit[name, input] += reached
}

function percent(name, of) { return all[name, of] ? 100 * hit[name, of] / all[name, of] : 0 }

END {
  for (i = 1; i <= folders; ++i)
    for (j = i + 1; j <= folders; ++j)
      if (names[j] < names[i]) { swap = names[i]; names[i] = names[j]; names[j] = swap }
  printf "\n%-24s %8s %12s %12s %8s\n", "folder", "lines", "all tests", "simulation", "floor"
  for (i = 1; i <= folders; ++i) {
    name = names[i]
    below = name in floor && percent(name, 2) < floor[name]
    failed += below
    printf "%-24s %8d %10.1f %% %10.1f %% %8s%s\n", name, all[name, 2], percent(name, 2), percent(name, 3),
      floor[name], below ? "  BELOW ITS FLOOR" : ""
  }
  exit failed > 0
}
