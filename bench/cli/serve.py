"""`perflab serve`: the reference service with throwaway servers, to click around."""

import asyncio

import click


def _knobs(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    chosen = {}
    for value in values:
        name, equals, state = value.partition("=")
        if not equals or state not in ("on", "off"):
            raise click.BadParameter(f"`{value}` is not KNOB=on or KNOB=off.")
        chosen[name] = state
    return chosen


@click.command(epilog="Example: perflab serve --api legacy --knob indexes=on")
@click.option("--api", type=click.Choice(["legacy", "v1"]), default="v1", show_default=True, help="Which API.")
@click.option("--knob", "knobs", multiple=True, metavar="K=V", callback=_knobs, help="Set a knob on or off.")
@click.option("--documents", type=click.IntRange(min=1000), default=20_000, show_default=True, help="Corpus size.")
@click.option(
    "--services", type=click.Choice(["auto", "docker", "embedded", "external"]), default="auto", show_default=True
)
def serve(api: str, knobs: dict[str, str], documents: int, services: str) -> int:
    """Start the service and its servers; Ctrl-C ends them all."""
    from bench.cli.progress import watching
    from bench.lab import serving

    preset = "on" if api == "v1" else "off"

    async def until_interrupted() -> None:
        with watching() as progress:
            async with serving(preset, knobs, documents, services, progress) as url:
                click.echo(f"{url}/docs  ({api}; Ctrl-C ends it)")
                await asyncio.Event().wait()

    asyncio.run(until_interrupted())
    return 0
