"""How many cases a property tries: tens in the suite, the same each time; thousands of new ones with ``pytest
--hypothesis-profile=thorough``.
"""

from hypothesis import settings


def cases(few):
    """Return settings of ``few`` cases, or of as many as the thorough profile asks."""
    is_thorough = settings.get_current_profile_name() == "thorough"
    return settings(max_examples=max(few, settings.default.max_examples) if is_thorough else few, deadline=None)
