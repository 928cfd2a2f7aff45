"""`perflab notebook`: JupyterLab on the notebooks, or a headless execution."""

import subprocess
import sys
from pathlib import Path

import click


@click.command(epilog="Example: perflab notebook 02_response_time --execute --run reports/latest")
@click.argument("name", required=False)
@click.option("--execute", is_flag=True, help="Execute without a browser and save HTML in the run.")
@click.option("--run", type=click.Path(path_type=Path), default=None, help="The run to look at [reports/latest].")
def notebook(name: str | None, execute: bool, run: Path | None) -> int:
    """Open JupyterLab on the notebooks, or execute NAME (all without a name) on a stored run."""
    from bench.errors import UsageError
    from bench.lab import NOTEBOOKS, execute_notebooks
    from bench.spec import nearest

    known = {path.stem: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    if name is not None and name.removesuffix(".ipynb") not in known:
        raise UsageError(f"unknown notebook `{name}`; {nearest(name, known)}")
    chosen = list(known.values()) if name is None else [known[name.removesuffix(".ipynb")]]
    if execute:
        for page in execute_notebooks(chosen, run):
            click.echo(page)
        return 0
    # Loopback and a token are JupyterLab's own defaults.
    target = NOTEBOOKS if name is None else chosen[0]
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(target), "--ip=127.0.0.1"], check=False).returncode
