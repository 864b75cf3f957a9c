"""What the launcher says, in Japanese or English, on any console."""

from __future__ import annotations

import os
import sys
from typing import Mapping

TEXTS = {
    "using": ("Python {version} を使います: {path}", "Using Python {version}: {path}"),
    "making": ("仮想環境 .venv を作成しています…", "Making the virtual environment .venv..."),
    "remaking": (".venv を作り直します（{reason}）。", "Rebuilding .venv ({reason})."),
    "installing": (
        "パッケージを用意しています（{lock}、最初の一回だけ数分かかります）…",
        "Installing packages ({lock}; this takes a few minutes, once)...",
    ),
    "progress": ("  {count} / {total} 件", "  {count} of {total}"),
    "writing": ("  書き込んでいます…", "  writing files…"),
    "ready": ("準備ができました。", "Ready."),
    "waiting": (
        "別の準備が進行中です。終わるのを待っています…",
        "Another set-up is running; waiting for it...",
    ),
    "starting": ("プラットフォームを起動します…", "Starting the platform..."),
    "interrupted": (
        "中断しました。同じコマンドをもう一度実行すると続きから始まります。",
        "Interrupted. Run the same command again; it picks up by itself.",
    ),
    "step_passed": ("ok    {step}", "ok    {step}"),
    "step_failed": ("失敗  {step}", "FAIL  {step}"),
    "pass_embedded": ("== テスト: 組み込み構成 ==", "== Tests on the embedded profile =="),
    "pass_team": (
        "== テスト: チーム構成（PostgreSQL と Redis） ==",
        "== Tests on the team profile (PostgreSQL and Redis) ==",
    ),
    "team_skipped": (
        "** SKIPPED ** チーム構成のテストは実行していません: {reason}\n"
        "   接続先は TEST_DATABASE_URL と TEST_REDIS_URL で変えられます。",
        "** SKIPPED ** The team profile was NOT tested: {reason}\n"
        "   Set TEST_DATABASE_URL and TEST_REDIS_URL where they live elsewhere.",
    ),
    "failed_steps": ("失敗した検査: {steps}", "Checks that failed: {steps}"),
    "no_python": ("Python 3.12 以上が見つかりません。", "No Python 3.12 or newer was found."),
    "tried": ("試したもの:", "Tried:"),
    "install_one": (
        "次のどれかで入れてから、もう一度実行してください:",
        "Install one in any of these ways, then run this again:",
    ),
    "install_failed": (
        "パッケージを入れられませんでした。記録: {log}",
        "The packages could not be installed. Full log: {log}",
    ),
    "venv_failed": (
        "{python} で .venv を作れませんでした:\n{detail}",
        "{python} could not make .venv:\n{detail}",
    ),
    "cannot_write": (
        "{path} に書き込めません（{detail}）。起動中のプラットフォームを終了するか、書き込めるフォルダーに置いてください。",
        "Cannot write {path} ({detail}). Stop the running platform, or move the project to a folder you may write to.",
    ),
    "no_lock_file": (
        "{path} がありません。配布物が欠けています。",
        "{path} is missing. This copy of the project is incomplete.",
    ),
    "no_benchmarks": (
        "benchmarks/__main__.py がありません。",
        "There is no benchmarks/__main__.py to run.",
    ),
    "unknown_command": ("「{name}」というコマンドはありません。", "There is no command named {name!r}."),
    "chosen": ("使うもの", "chosen"),
    "serves": ("使えます", "usable"),
    "venv_state": (".venv: {state}", ".venv: {state}"),
    "reason_vanished": ("元の Python が動きません", "its Python no longer runs"),
    "reason_half_made": ("前回の準備が途中で止まっています", "the last set-up stopped half way"),
    "reason_not_venv": ("仮想環境ではありません", "it is not a virtual environment"),
    "reason_absent": ("まだありません", "not made yet"),
    "reason_outdated": ("パッケージが古くなっています", "its packages are out of date"),
    "help": (
        """使い方: {program} <コマンド> [引数…]

  run     準備をしてプラットフォームを起動します（引数は manage.py up へ。例: --port 8123）
  test    準備をして検査とテストをすべて実行します（--embedded か --team で片方の構成だけ。ほかの引数は pytest へ）
  setup   準備だけをします（--dev で開発用の道具も）
  lint    静的な検査だけをします
  bench   ベンチマークを実行します
  lock    requirements/*.lock を作り直します（--upgrade で更新）
  doctor  Python と .venv とプラットフォームの状態を調べます
  help    この説明を表示します""",
        """Usage: {program} <command> [arguments...]

  run     set up and start the platform (arguments go to manage.py up, e.g. --port 8123)
  test    set up and run every check and test (--embedded or --team: one profile; other arguments go to pytest)
  setup   set up only (--dev adds the developer's tools)
  lint    the static checks only
  bench   run the benchmarks
  lock    regenerate requirements/*.lock (--upgrade takes newer versions)
  doctor  look at the Pythons, .venv and the platform
  help    show this""",
    ),
}

INSTALL_HINTS = {
    "win32": [
        "winget install Python.Python.3.12",
        "https://www.python.org/downloads/windows/  (3.12, 64-bit)",
    ],
    "darwin": [
        "brew install python@3.12",
        "https://www.python.org/downloads/macos/  (3.12)",
    ],
    "linux": [
        "Ubuntu 24.04+ / Debian 13+:  sudo apt install python3 python3-venv",
        "Fedora / RHEL 9+:            sudo dnf install python3.12",
        "pyenv:                       pyenv install 3.12",
    ],
}
ANYWHERE = "uv (https://docs.astral.sh/uv/):  uv python install 3.12"


def install_hints(platform: str) -> list[str]:
    """Ways to get a Python on `platform` (a sys.platform value), the usual one first."""
    known = INSTALL_HINTS.get(platform) or INSTALL_HINTS["linux"]
    return [*known, ANYWHERE]


def wants_japanese(environ: Mapping[str, str]) -> bool:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return environ[name].lower().startswith("ja")
    if os.name == "nt":
        import ctypes

        return ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == 0x11
    return False


def text(key: str, **values: object) -> str:
    """The sentence for `key`; English when the console cannot show the Japanese one."""
    japanese, english = TEXTS[key]
    if wants_japanese(os.environ) and _can_show(japanese):
        return japanese.format(**values)
    return english.format(**values)


def say(key: str, **values: object) -> None:
    write(text(key, **values))


def write(line: str, end: str = "\n") -> None:
    """Print one line. A character that the console does not know must not end the program."""
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(line.encode(encoding, "replace").decode(encoding) + end)
    sys.stdout.flush()


def _can_show(sentence: str) -> bool:
    try:
        sentence.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
