#!/bin/sh
# From training to a chat on this machine: tune SmolLM2 on sums, export it, compare and test the file, talk to it.
#   scripts/pocket.sh [FOLDER] [HONE]
# POCKET_EXAMPLES says how many examples it learns from; fewer are sooner done and learn less.
set -eu
examples=${POCKET_EXAMPLES:-440}
hone=$(command -v "${2:-hone}")
case $hone in /*) ;; *) hone=$PWD/$hone ;; esac
mkdir -p "${1:-pocket}"
cd "${1:-pocket}"

# Stopped, or done before, the same command goes on from there.
"$hone" tune run sums --base smollm2 --limit "$examples" --epochs 1 --runs "runs/$examples"
run=$(ls -d "runs/$examples/"*-tune-* | tail -n 1)
"$hone" export "smollm2+$run/adapter" --out pocket.gguf --quant q8_0 --bench sums --items 40
if [ -t 0 ]; then
  "$hone" chat gguf:pocket.gguf
else
  echo "Anna has 12 apples, gives 5 to Ben and buys 4 more. How many has she?" | "$hone" chat gguf:pocket.gguf
fi
