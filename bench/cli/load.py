"""`perflab load`: Locust on the reference service."""

import asyncio
import subprocess
import sys

import click


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["-h", "--help"]},
    epilog="Example: perflab load --headless -u 10 -t 30s",
)
@click.option("--knobs", "preset", type=click.Choice(["on", "off"]), default="on", show_default=True, help="Preset.")
@click.option("--workers", type=click.IntRange(min=1), default=None, help="Locust processes (its --processes).")
@click.pass_context
def load(ctx: click.Context, preset: str, workers: int | None) -> int:
    """Start the reference service and run Locust on it: with its web UI, or headless. Other options are Locust's."""
    from bench.cli.progress import watching
    from bench.lab import LOADTESTS, serving

    extra = ["--processes", str(workers)] if workers else []

    async def run() -> int:
        with watching() as progress:
            async with serving(preset, {}, 20_000, "auto", progress) as url:
                arguments = [sys.executable, "-m", "locust", "-f", str(LOADTESTS / "search.py"), "--host", url]
                return await asyncio.to_thread(
                    lambda: subprocess.run([*arguments, *extra, *ctx.args], check=False).returncode
                )

    return asyncio.run(run())
