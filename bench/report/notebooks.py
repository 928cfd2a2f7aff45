"""Execute notebooks on a stored run, in a real kernel, and save them as HTML in the run."""

import ast
import asyncio
import re
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.errors import PerflabError

TIMEOUT_S = 120
"""A cell that takes longer is stuck: stored runs are analysed in seconds."""
PARAMETERS = "parameters"
"""The tag of the cell after which parameters are set (papermill's convention)."""
DRIVE = "drive"
"""The parameter that has a notebook measure anew; its cells take as long as their measurements."""
NOTHING: Mapping[str, object] = MappingProxyType({})
LINK = re.compile(r"\]\((\w+)\.ipynb\)")
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)


def execute_all(
    notebooks: Sequence[Path],
    folder: Path,
    *,
    parameters: Mapping[str, object] = NOTHING,
    shown: Mapping[Path, Path] = MappingProxyType({}),
) -> list[Path]:
    """Execute notebooks side by side, each in a kernel of its own; answer `folder/notebooks/<name>.html` of each.

    `shown` has the run of a notebook that looks at another one than `folder`. Of the `parameters` each gets those that
    it declares. Raises PerflabError naming the notebook and the error of the first cell that fails.
    """

    async def side_by_side() -> list[Path]:
        told = ({"run": str(shown.get(notebook, folder)), **parameters} for notebook in notebooks)
        return await asyncio.gather(*(_execute(*each, folder) for each in zip(notebooks, told, strict=True)))

    # A loop of its own, whether or not the caller is inside one.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, side_by_side()).result()


async def _execute(notebook: Path, parameters: Mapping[str, object], folder: Path) -> Path:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    document = nbformat.read(notebook, as_version=4)
    _inject(document, parameters)
    # A folder of its own: what a cell writes is neither the run's nor the checkout's.
    with tempfile.TemporaryDirectory(prefix="perflab-notebook-") as place:
        client = NotebookClient(
            document,
            timeout=None if parameters.get(DRIVE) else TIMEOUT_S,
            kernel_manager_class=_kernel_of_this_environment(),
            resources={"metadata": {"path": place}},
        )
        try:
            await client.async_execute()
        except CellExecutionError as error:
            reason = f"{error.ename}: {error.evalue}".rstrip(".")
            raise PerflabError(f"{notebook.name} failed on {folder.name}: {reason}.") from error
    target = folder / "notebooks" / f"{notebook.stem}.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_page(document, notebook.stem))
    return target


def _page(document: Any, name: str) -> str:
    """An executed notebook for readers: its words and what its cells show, no code, no network."""
    from nbconvert import HTMLExporter

    for cell in document.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(r"](\1.html)", cell.source)
    exporter = HTMLExporter(exclude_input=True, exclude_input_prompt=True, exclude_output_prompt=True)
    html, _ = exporter.from_notebook_node(document, resources={"metadata": {"name": name}})
    # Scripts of elsewhere draw formulas and widgets; nothing here has any.
    return SCRIPT.sub("", html)


def needed(notebook: Path) -> frozenset[str]:
    """The experiments without which a notebook has nothing to show: `perflab.experiments` of its metadata."""
    import nbformat

    return frozenset(nbformat.read(notebook, as_version=4).metadata.get("perflab", {}).get("experiments", ()))


def belongs_to_report(notebook: Path) -> bool:
    """Whether every run executes it: those that explain its main figures; the others are executed when asked for."""
    import nbformat

    return bool(nbformat.read(notebook, as_version=4).metadata.get("perflab", {}).get("with_report"))


def declared(document: Any) -> frozenset[str]:
    """The names that a notebook's cell of parameters sets; none where it has no such cell."""
    sources = [cell.source for cell in document.cells if PARAMETERS in cell.metadata.get("tags", ())]
    statements = [node for source in sources for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    return frozenset(each.id for node in statements for each in node.targets if isinstance(each, ast.Name))


def _inject(document: Any, parameters: Mapping[str, object]) -> None:
    """Set those parameters that the notebook declares, right after it declares them."""
    from nbformat.v4 import new_code_cell

    known = declared(document)
    told = "\n".join(f"{name} = {value!r}" for name, value in parameters.items() if name in known)
    if told:
        cells = document.cells
        place = next(i for i, cell in enumerate(cells) if PARAMETERS in cell.metadata.get("tags", ()))
        cells.insert(place + 1, new_code_cell(told))


def _kernel_of_this_environment() -> type:
    """A kernel manager for the running interpreter, whatever kernels are installed on the machine."""
    import os
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
            # What a cell starts by its name, such as uvicorn, comes from this environment as well.
            path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
            return KernelSpec(argv=argv, display_name="perflab", language="python", env={"PATH": path})

    return ThisEnvironment
