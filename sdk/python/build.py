"""Makes the component: `python3 build.py`.

componentize-py is installed once, as requirements.txt pins it, into `.venv` or the folder that
PALISADE_PYTHON_ENVIRONMENT names.
"""

import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

HERE = Path(__file__).absolute().parent


def environment() -> Path:
    """The folder with componentize-py's programs."""
    folder = Path(os.environ.get("PALISADE_PYTHON_ENVIRONMENT") or HERE / ".venv")
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    requirements = (HERE / "requirements.txt").read_text()
    installed = folder / "installed.txt"
    if not installed.exists() or installed.read_text() != requirements:
        print(f"Installing componentize-py into {folder}", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        options = ["--disable-pip-version-check", "--quiet", "--require-hashes", "--only-binary", ":all:"]
        pip = [programs / "python", "-m", "pip", "install", *options, "-r", HERE / "requirements.txt"]
        subprocess.run(pip, check=True)
        installed.write_text(requirements)
    return programs


def build() -> None:
    """Makes the component of `app.py` and the world in `wit/`."""
    manifest = tomllib.loads((HERE / "tool.toml").read_text())
    output = HERE / f"{manifest['component']['name']}.wasm"
    program = environment() / "componentize-py"
    world = ["--wit-path", "wit", "--world", "component"]
    subprocess.run([program, *world, "componentize", "app", "--stub-wasi", "--output", output], check=True, cwd=HERE)
    print(f"{output.name}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    try:
        build()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
