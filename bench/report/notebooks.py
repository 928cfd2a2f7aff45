"""Execute notebooks on a stored run, in a real kernel, and save them as HTML in the run."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.errors import PerflabError

TIMEOUT_S = 120
"""A cell that takes longer is stuck: stored runs are analysed in seconds."""
PARAMETERS = "parameters"
"""The tag of the cell after which the run's path is set (papermill's convention)."""


def execute_all(notebooks: Sequence[Path], run: Path) -> list[Path]:
    """Execute notebooks on `run`, side by side, each in a kernel of its own; answer `notebooks/<name>.html` there.

    Raises PerflabError naming the notebook and the error of the first cell that fails.
    """

    async def side_by_side() -> list[Path]:
        return await asyncio.gather(*(_execute(notebook, run) for notebook in notebooks))

    # A loop of its own, whether or not the caller is inside one.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, side_by_side()).result()


async def _execute(notebook: Path, run: Path) -> Path:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbconvert import HTMLExporter

    document = nbformat.read(notebook, as_version=4)
    _inject(document, run)
    client = NotebookClient(
        document,
        timeout=TIMEOUT_S,
        kernel_manager_class=_kernel_of_this_environment(),
        resources={"metadata": {"path": str(run)}},
    )
    try:
        await client.async_execute()
    except CellExecutionError as error:
        reason = f"{error.ename}: {error.evalue}".rstrip(".")
        raise PerflabError(f"{notebook.name} failed on {run.name}: {reason}.") from error
    # Code is folded away: the page is read for its words and figures.
    html, _ = HTMLExporter(exclude_input=True).from_notebook_node(document)
    target = run / "notebooks" / f"{notebook.stem}.html"
    target.parent.mkdir(exist_ok=True)
    target.write_text(html)
    return target


def needed(notebook: Path) -> frozenset[str]:
    """The experiments without which a notebook has nothing to show: `perflab.experiments` of its metadata."""
    import nbformat

    return frozenset(nbformat.read(notebook, as_version=4).metadata.get("perflab", {}).get("experiments", ()))


def belongs_to_report(notebook: Path) -> bool:
    """Whether every run executes it: those that explain its main figures; the others are executed when asked for."""
    import nbformat

    return bool(nbformat.read(notebook, as_version=4).metadata.get("perflab", {}).get("with_report"))


def _inject(document: object, run: Path) -> None:
    from nbformat.v4 import new_code_cell

    cells = document.cells  # type: ignore[attr-defined] # nbformat's nodes are dicts with attributes
    place = next((i for i, cell in enumerate(cells) if PARAMETERS in cell.metadata.get("tags", ())), -1)
    cells.insert(place + 1, new_code_cell(f"run = {str(run)!r}"))


def _kernel_of_this_environment() -> type:
    """A kernel manager for the running interpreter, whatever kernels are installed on the machine."""
    import sys

    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class ThisEnvironment(AsyncKernelManager):
        """Starts ipykernel with this interpreter."""

        @property
        def kernel_spec(self) -> KernelSpec:
            """The command of the kernel."""
            # Loopback is plain TCP, which the kernel warns about at each start.
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
            return KernelSpec(argv=argv, display_name="perflab", language="python")

    return ThisEnvironment
