from pathlib import Path

import pytest

from dialogue.directory import DidYouMean, Directory, Match, NoMatch, Person, load_directory
from dialogue.errors import ConfigError
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from tests.dialogue.recordings import spoken

OFFICE = Path(__file__).parents[2] / "assets" / "directories" / "office.yaml"


@pytest.fixture(scope="module")
def office() -> Directory:
    return load_directory(OFFICE)


def found(directory: Directory, heard: str) -> str:
    finding = directory.find(heard)
    assert isinstance(finding, Match), f"{heard}: {finding}"
    return finding.person.name


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        ("I would like to see Margaret Holloway, please.", "Margaret Holloway"),
        ("is Dr. Holloway in today", "Margaret Holloway"),
        ("margret holoway", "Margaret Holloway"),
        ("shivawn galagher", "Siobhan Gallagher"),
        ("maggie holloway", "Margaret Holloway"),
        ("holloway, margaret", "Margaret Holloway"),
        ("Zainab", "Zainab Al-Farsi"),
        ("mister o donoghue", "Patrick O'Donoghue"),
        ("it's h o double l o w a y", "Margaret Holloway"),
        ("b for bravo r a m d t", "Joachim Brandt"),
        ("i would like to see frederick show mom julie", "Frederick Cholmondeley"),
        ("INGRID SÖRENSEN", "Ingrid Sorensen"),
    ],
)
def test_a_name_is_found_however_it_comes(office: Directory, heard: str, name: str) -> None:
    assert found(office, heard) == name


def test_a_name_of_which_half_was_misheard_is_asked_about(office: Directory) -> None:
    finding = office.find("i would like to see philip official would")
    assert isinstance(finding, DidYouMean)
    assert "Philippa Thistlewood" in [person.name for person in finding.people]


@pytest.mark.parametrize(
    "heard", ["what time do you open", "i have a parcel", "", "   ", "1234", "ごめんください", "a" * 5000, "x " * 5000]
)
def test_what_is_no_name_finds_nobody(office: Directory, heard: str) -> None:
    assert office.find(heard) == NoMatch()


def test_two_people_of_one_name_are_a_question() -> None:
    twins = Directory([Person(name="Anna Clark"), Person(name="Hannah Clarke"), Person(name="Wojciech Nowak")])
    finding = twins.find("mrs clark")
    assert isinstance(finding, DidYouMean)
    assert {person.name for person in finding.people} == {"Anna Clark", "Hannah Clarke"}
    assert found(twins, "hannah clarke") == "Hannah Clarke"


def test_a_stranger_with_a_known_first_name_is_never_taken_for_the_one_who_is_known(office: Directory) -> None:
    for stranger in ("michael jordan", "anna schmidt", "margaret thatcher"):
        assert not isinstance(office.find(stranger), Match)


def test_a_name_said_unlike_it_is_written_is_found_by_how_it_sounds() -> None:
    person = Person(name="Niamh Featherstonehaugh", sounds_like=("neeve fanshaw",))
    assert found(Directory([person]), "i'm here for neev fan shaw") == person.name


def test_a_spoken_request_finds_the_person(office: Directory) -> None:
    recogniser = SphinxRecogniser(SphinxSettings())
    for sentence, name in (
        ("I would like to see Duncan MacAllister", "Duncan MacAllister"),
        ("I have an appointment with Charlotte Ravenscroft", "Charlotte Ravenscroft"),
    ):
        recogniser.begin()
        recogniser.accept(spoken(sentence))
        assert found(office, recogniser.finish().text) == name


def test_an_empty_directory_knows_nobody() -> None:
    assert Directory([]).find("margaret holloway") == NoMatch()


def test_a_wrong_directory_file_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "staff.yaml"
    path.write_text("people:\n  - {name: Ann, rom: '3'}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"staff.yaml.*'people.0.rom'; did you mean 'room'"):
        load_directory(path)
