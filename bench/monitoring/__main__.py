"""`python -m bench.monitoring` writes the files below monitoring/."""

from bench.monitoring import FOLDER, files

for name, text in files().items():
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
