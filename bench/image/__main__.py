"""`python -m bench.image` writes service.lock, after requirements.lock was refreshed."""

from bench.image.building import ROOT
from bench.image.lock import NAME, service_lock

(ROOT / NAME).write_text(service_lock(ROOT))
