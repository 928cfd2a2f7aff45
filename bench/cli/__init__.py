"""The command line: arguments in, exit code out.

0 all good; 1 a criterion failed or a regression; 2 wrong usage or the harness broke; 3 inconclusive;
4 the session was not fit to measure; 130 interrupted.
"""

import sys
from importlib import import_module

import click

from bench.errors import PerflabError

COMMANDS = {
    "ablate": ("bench.cli.ablate:ablate", "Measure what each knob contributes, alone and with the others, and costs."),
    "bench": ("bench.cli.bench:bench_command", "Time the service's parts beside their rivals, with pytest-benchmark."),
    "calibrate": (
        "bench.cli.calibrate:calibrate",
        "Measure what this machine tells: false alarms, slowdowns found.",
    ),
    "clean": ("bench.cli.clean:clean", "Remove what crashed runs left behind, and the caches with --caches."),
    "compare": ("bench.cli.compare:compare", "Tell whether one service, commit or setting is slower than another."),
    "doctor": ("bench.cli.doctor:doctor", "Say what this machine can and cannot do for a measurement."),
    "gate": ("bench.cli.gate:gate", "Judge a run, or files of pytest-benchmark, by a policy: for CI."),
    "history": ("bench.cli.history:history", "Show how the figures went from run to run, and since when one changed."),
    "load": ("bench.cli.load:load", "Run Locust on the reference service, with web UI or headless."),
    "notebook": (
        "bench.cli.notebook:notebook",
        "Open JupyterLab on the notebooks, or execute them on a run.",
    ),
    "report": ("bench.cli.report:report", "Judge a stored run again and rewrite its report."),
    "run": ("bench.cli.run:run", "Measure, judge and report a spec: the whole lab in one command."),
    "scan": ("bench.cli.scan:scan", "Scan the files and the image for known weaknesses, with Trivy and hadolint."),
    "serve": (
        "bench.cli.serve:serve",
        "Start the reference service with throwaway servers, to click around.",
    ),
    "sweep": ("bench.cli.sweep:sweep", "Measure one setting at many values: `perflab sweep pool`."),
    "test": ("bench.cli.check:test_command", "Run all checks and tests of perflab itself."),
}
"""Name: where it is, and its one line of help, told here so that --help imports no command."""

INTERRUPTED = 130


class _LazyGroup(click.Group):
    """Imports a command when it is called: `perflab --help` must not wait for numpy."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{name} is not a command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            from bench.spec import nearest

            ctx.fail(f"unknown command `{args[0]}`; {nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: perflab run --quick",
)
@click.version_option(package_name="perflab", prog_name="perflab")
def cli() -> None:
    """perflab: did this change really help, and by how much?"""


def main() -> None:
    """Entry point: every error that a user can cause is one sentence on standard error."""
    try:
        sys.exit(cli.main(prog_name="perflab", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except PerflabError as error:
        click.echo(f"perflab: {error}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("perflab: interrupted.", err=True)
        sys.exit(INTERRUPTED)
