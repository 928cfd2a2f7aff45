"""Arrays in, numbers out: the statistics that every verdict rests on.

Pure and independent of what is measured. `docs/statistics.md` explains each rule in words, with its source
and the simulated figures behind it.
"""
