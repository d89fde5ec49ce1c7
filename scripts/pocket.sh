#!/bin/sh
# From training to a chat on this machine: tune, test, export, talk.   scripts/pocket.sh [FOLDER] [HONE]
set -eu
hone=$(command -v "${2:-hone}")
case $hone in /*) ;; *) hone=$PWD/$hone ;; esac
mkdir -p "${1:-pocket}"
cd "${1:-pocket}"

"$hone" tune run sums --base smollm2 --runs runs
run=$(ls -d runs/*-tune-* | tail -n 1)
"$hone" export "smollm2+$run/adapter" --out pocket.gguf --quant q8_0 --bench sums --items 40
if [ -t 0 ]; then
  "$hone" chat gguf:pocket.gguf
else
  echo "Anna has 12 apples, gives 5 to Ben and buys 4 more. How many has she?" | "$hone" chat gguf:pocket.gguf
fi
