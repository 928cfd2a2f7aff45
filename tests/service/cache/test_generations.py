from service.cache.generations import Generations

A, B, ALL = {"workspace": "a"}, {"workspace": "b"}, {"q": "across all"}


def seen(generations: Generations) -> list[tuple[str, ...]]:
    """The generations of two workspaces and of all."""
    return [generations.of(request) for request in (A, B, ALL)]


def changed(before: list[tuple[str, ...]], after: list[tuple[str, ...]]) -> list[bool]:
    """Which differ."""
    return [one != other for one, other in zip(before, after, strict=True)]


def test_processes_of_one_version_agree() -> None:
    """The generation is made of what the database says, not of the process."""
    assert seen(Generations("1")) == seen(Generations("1"))
    assert changed(seen(Generations("1")), seen(Generations("2"))) == [True, True, True]


def test_a_workspace_changes_itself_and_what_spans_all() -> None:
    """Other workspaces keep their answers."""
    generations = Generations("1")
    before = seen(generations)
    generations.advance("2", "a")
    assert changed(before, seen(generations)) == [True, False, True]


def test_two_workspaces_of_the_same_version_change_the_whole_twice() -> None:
    """What spans all workspaces tells a change of one from a change of the other."""
    generations = Generations("1")
    generations.advance("2", "a")
    before = seen(generations)
    generations.advance("2", "b")
    assert changed(before, seen(generations)) == [False, True, True]


def test_the_order_of_announcements_makes_no_difference() -> None:
    """Processes that heard of the same changes have the same generations."""
    one, other = Generations("1"), Generations("1")
    one.advance("2", "a")
    one.advance("3", "b")
    other.advance("3", "b")
    other.advance("2", "a")
    assert seen(one) == seen(other)


def test_what_is_announced_twice_changes_once() -> None:
    """A repeated announcement costs no answers, and brings back none: not those from before a workspace changed."""
    generations = Generations("1")
    generations.advance("2")
    generations.advance("3", "a")
    before = seen(generations)
    generations.advance("3", "a")
    generations.advance("2")
    assert seen(generations) == before


def test_a_new_version_of_everything_ends_all() -> None:
    """Also the generations of workspaces that had their own."""
    generations = Generations("1")
    generations.advance("2", "a")
    before = seen(generations)
    generations.advance("3")
    assert changed(before, seen(generations)) == [True, True, True]
    assert seen(generations) == seen(Generations("3"))


def test_names_and_versions_do_not_run_together() -> None:
    """No choice of names gives two different histories one generation."""
    one, other = Generations("1"), Generations("1 2")
    one.advance("2 3", "a")
    other.advance("3", "a")
    assert changed(seen(one), seen(other)) == [True, True, True]
