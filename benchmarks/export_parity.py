"""What export and quantisation cost: the parity table of a model, with its benchmark.

    python benchmarks/export_parity.py smollm2+ADAPTER [--items 200] [--prompts 50] [--quants f16,q8_0,q4_0,q4_k_m]
                                       [--folder FOLDER]

Runs `hone export` into a folder, by default one that is gone at the end, and prints the README's table and checks;
figures depend on the machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--prompts", type=int, default=50)
    parser.add_argument("--quants", default="f16,q8_0,q4_0,q4_k_m")
    parser.add_argument("--bench", default="sums")
    parser.add_argument("--folder", type=Path, help="Where the files stay.")
    options = parser.parse_args()
    quants = [word for quant in options.quants.split(",") for word in ("--quant", quant)]
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "model.gguf"
        command = [sys.executable, "-m", "hone.cli.main", "export", options.model, "--out", str(file), *quants]
        command += ["--prompts", str(options.prompts), "--bench", options.bench, "--items", str(options.items)]
        started = time.perf_counter()
        done = subprocess.run(command, check=False)
        seconds = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(done.returncode)
        readme = (folder / "README.md").read_text(encoding="utf-8")
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {seconds:.0f} s in all\n")
    print(readme.partition("## What was compared with the source\n")[2].partition("## Run it")[0].strip())


if __name__ == "__main__":
    main()
