"""`python -m assets.portraits.render ada`: draw presenters into assets/portraits, a minute each once compiled."""

import argparse
from pathlib import Path

import cv2

from assets.portraits.render.people import PEOPLE
from assets.portraits.render.picture import portrait


def main() -> None:
    """Draw the presenters named on the command line, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m assets.portraits.render", description=main.__doc__)
    parser.add_argument("names", nargs="*", help=f"presenters to draw: {', '.join(PEOPLE)}; all when none is named")
    parser.add_argument("--size", type=int, default=1024, help="pixels a side")
    parser.add_argument("--samples", type=int, default=3, help="samples a pixel in each direction")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent, help="folder for NAME.png")
    wishes = parser.parse_args()
    for name in wishes.names or PEOPLE:
        if name not in PEOPLE:
            parser.error(f"there is no presenter {name!r}: choose from {', '.join(PEOPLE)}")
        picture = portrait(PEOPLE[name], wishes.size, wishes.samples)
        path = wishes.out / f"{name}.png"
        if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
            parser.error(f"{path} could not be written: does the folder exist?")
        print(path)


if __name__ == "__main__":
    main()
