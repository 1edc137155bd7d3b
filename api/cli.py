"""The command line `phapquy`: commands of this room and of the rooms above it, typed errors as exit codes."""

from __future__ import annotations

import api.quiet  # noqa: F401  isort: skip  before anything that may phone home

import sys
from importlib.metadata import entry_points

import typer

from api import (
    cli_audit,
    cli_backup,
    cli_doctor,
    cli_documents,
    cli_jobs,
    cli_keys,
    cli_models,
    cli_questions,
    cli_serve,
)
from api.terminal import print_line
from legal.errors import PhapquyError

app = typer.Typer(
    name="phapquy",
    help="Kho tri thức pháp luật và quy định nội bộ: tra cứu và trả lời có trích dẫn kiểm chứng được.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for room in (cli_documents, cli_questions, cli_serve, cli_backup, cli_doctor):
    for command in room.COMMANDS:
        app.command()(command)
app.add_typer(cli_keys.app, name="keys")
app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_jobs.app, name="jobs")
app.add_typer(cli_models.app, name="models")


def main() -> None:
    """Run the command line: 0 done, 1 some documents failed, 2 bad usage, 3 a needed service is missing."""
    for entry in entry_points(group="phapquy.commands"):
        app.add_typer(entry.load(), name=entry.name)
    try:
        app()
    except PhapquyError as error:
        print_line(f"Lỗi: {error.reason}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print_line("Đã dừng theo yêu cầu.")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        _explain(error)
        sys.exit(1)


def _explain(error: Exception) -> None:
    """A fault of ours: its place in one line, the whole trace where the operator asks for it."""
    import traceback

    from api.faults import fault_place
    from api.settings import load_settings

    found = fault_place(error)
    print_line(f"Lỗi bên trong: {found['error']} tại {found['places'][-1]}")
    if load_settings().log_level == "DEBUG":
        traceback.print_exception(error)
