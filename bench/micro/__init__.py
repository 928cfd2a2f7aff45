"""What single pieces of code cost: pytest-benchmark suites, beside the lab and its layers.

    .venv/bin/pytest bench/micro

They print figures and assert none: whether a figure is good depends on the machine.
"""
