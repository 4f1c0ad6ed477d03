"""Long text in runs: what a voice plans at once is bounded, whatever it is given."""

import re
from collections.abc import Iterator


def runs_of(text: str, limit: int = 400, token_limit: int = 60) -> Iterator[str]:
    """Cut text at white space into runs of at most `limit` characters, breaking tokens longer than `token_limit`.

    Lazy, and never holds more than one run. White space becomes single spaces.
    """
    run = ""
    for match in re.finditer(rf"\S{{1,{token_limit}}}", text):
        token = match.group()
        if run and len(run) + 1 + len(token) > limit:
            yield run
            run = ""
        run = f"{run} {token}" if run else token
    if run:
        yield run
