"""How many examples an expensive property takes."""

from hypothesis import settings

_FULL = settings.get_profile("default").max_examples


def examples(count: int) -> settings:
    """Return settings with `count` examples, or with fewer if the selected profile takes fewer than the default."""
    of_profile = settings.default.max_examples if settings.default else _FULL
    return settings(deadline=None, max_examples=count if of_profile >= _FULL else min(count, of_profile))
