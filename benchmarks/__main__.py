"""Every benchmark, each in a process of its own: `make bench`, or `python -m benchmarks [engine pages …]`.

They print ratios of things measured side by side in one run. They fail only when they cannot measure; no test is timed.
"""

import subprocess
import sys

ALL = ("engine", "parallel", "startup", "search", "live", "pages", "lists", "gateway", "mcp", "desk", "badge")


def main() -> None:
    wanted = sys.argv[1:] or list(ALL)
    unknown = set(wanted) - set(ALL)
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(ALL)}.")
    failed = []
    for name in wanted:
        print(f"== {name} ==", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    sys.exit(f"Could not be measured: {', '.join(failed)}." if failed else 0)


if __name__ == "__main__":
    main()
