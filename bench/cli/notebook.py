"""`perflab notebook`: JupyterLab on the notebooks, or a headless execution."""

import os
import subprocess
import sys
from pathlib import Path

import click


@click.command(epilog="Example: perflab notebook 02_response_time --execute --run reports/latest")
@click.argument("name", required=False)
@click.option("--execute", is_flag=True, help="Execute without a browser and save HTML in the run.")
@click.option("--drive", is_flag=True, help="With --execute: measure anew instead of looking at a stored run.")
@click.option(
    "--budget", type=click.FloatRange(min=1), metavar="SECONDS", help="With --drive: of load [of a quick run]."
)
@click.option("--run", type=click.Path(path_type=Path), default=None, help="The run that the notebooks call `latest`.")
def notebook(name: str | None, execute: bool, drive: bool, budget: float | None, run: Path | None) -> int:
    """Open JupyterLab on the notebooks, or execute NAME (all without a name) on a stored run.

    A notebook whose experiments the run has not measured looks at the newest run beside it that has.
    """
    from bench.errors import UsageError
    from bench.lab import NOTEBOOKS, execute_notebooks
    from bench.spec import nearest

    known = {path.stem: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    if name is not None and name.removesuffix(".ipynb") not in known:
        raise UsageError(f"unknown notebook `{name}`; {nearest(name, known)}")
    chosen = list(known.values()) if name is None else [known[name.removesuffix(".ipynb")]]
    if drive and (name is None or not execute):
        raise UsageError("--drive measures anew: name a notebook, and give --execute; in JupyterLab set drive = True.")
    if budget is not None and not drive:
        raise UsageError("--budget is of what --drive measures; give both.")
    if execute:
        told = {"drive": True, **({} if budget is None else {"budget": budget})} if drive else {}
        for page in execute_notebooks(chosen, run, told):
            click.echo(page)
        return 0
    return _open(chosen[0], run)  # without a name the page that leads to the others


def _open(notebook: Path, run: Path | None) -> int:
    """JupyterLab, until it is closed; a token is its own default."""
    from bench.lab import RUN_VARIABLE, load_run

    # In the address, so that it opens in whatever browser that is pasted into.
    page = f"--LabApp.default_url=/lab/tree/{notebook.name}"
    command = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", f"--ServerApp.root_dir={notebook.parent}", page]
    if os.geteuid() == 0:
        command.append("--allow-root")  # else JupyterLab refuses, in a container too
    looked_at = {} if run is None else {RUN_VARIABLE: str(load_run(run).folder)}
    # What a cell starts by its name, such as uvicorn, comes from this environment as well.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return subprocess.run(command, env=os.environ | looked_at | {"PATH": path}, check=False).returncode
