from dialogue.scanning import Control, Highlight, Scan, ScanningSettings, highlight, press, tick

SETTINGS = ScanningSettings(enabled=True, step_ms=1000, first_ms=500, rounds=2, debounce_ms=100)
LOUDER, SOFTER = Control("louder", "Louder", "Voice"), Control("quieter", "Softer", "Voice")
LARGER = Control("text larger", "Larger", "Text")
CONTROLS = (LOUDER, SOFTER, LARGER)


def shown(scan: Scan) -> str:
    now = highlight(scan, CONTROLS)
    return "" if now is None else now.control.label if now.control else now.group


def test_every_control_is_reached_with_one_key() -> None:
    reached = set()
    for group, steps in ((0, 0), (0, 1), (1, 0)):
        scan, _ = press(Scan(0), CONTROLS, SETTINGS, 0)
        scan = tick(scan, CONTROLS, SETTINGS, now := (1600 if group else 200))
        scan, _ = press(scan, CONTROLS, SETTINGS, now)
        scan, taken = press(scan, CONTROLS, SETTINGS, now + (1600 if steps else 200))
        assert taken
        reached.add(taken)
    assert reached == set(CONTROLS)


def test_the_highlight_walks_and_stays_longer_on_the_first() -> None:
    scan, _ = press(Scan(0), CONTROLS, SETTINGS, 0)
    seen = [shown(tick(scan, CONTROLS, SETTINGS, at)) for at in (0, 1400, 1600, 2600, 4200, 5200, 60_000)]
    assert seen == ["Voice", "Voice", "Text", "Voice", "Text", "", ""]


def test_going_tick_by_tick_ends_where_one_long_tick_ends() -> None:
    scan, _ = press(Scan(0), CONTROLS, SETTINGS, 0)
    scan, _ = press(scan, CONTROLS, SETTINGS, 200)
    stepped = scan
    for now in range(200, 20_000, 17):
        stepped = tick(stepped, CONTROLS, SETTINGS, now)
        assert shown(stepped) == shown(tick(scan, CONTROLS, SETTINGS, now))


def test_a_group_can_be_left_and_the_same_control_taken_again() -> None:
    scan, _ = press(Scan(0), CONTROLS, SETTINGS, 0)
    scan, _ = press(scan, CONTROLS, SETTINGS, 200)
    for now in (400, 800, 1200):
        scan, taken = press(scan, CONTROLS, SETTINGS, now)
        assert taken == LOUDER
    scan, taken = press(scan, CONTROLS, SETTINGS, 1200 + 1500 + 1000 + 10)  # "Back"
    assert (taken, highlight(scan, CONTROLS)) == (None, Highlight("Voice"))


def test_a_trembling_hand_presses_once() -> None:
    scan, _ = press(Scan(0), CONTROLS, SETTINGS, 0)
    again, taken = press(scan, CONTROLS, SETTINGS, 60)
    assert (again, taken) == (scan, None)


def test_with_nothing_to_control_a_press_does_nothing() -> None:
    scan, taken = press(Scan(0), (), SETTINGS, 0)
    assert (scan.resting, taken) == (True, None)
    assert tick(scan, (), SETTINGS, 10_000) == scan
