from datetime import date

from dialogue.lesson_record import Exchange, as_html, as_markdown

DAY = date(2026, 11, 23)
EXCHANGES = (
    Exchange("", "[smile] Welcome. Two and two?"),
    Exchange("for *four* <b>", "Right.", quality=5),
    Exchange("sank you", "Once more.", off_words=("thank",)),
    Exchange("thank you", "Good.", quality=3),
)


def test_a_lesson_is_written_down_with_what_to_practise() -> None:
    text = as_markdown("Tables", "Ann", DAY, EXCHANGES)
    assert text.startswith("# Tables\n\nAnn, 2026-11-23\n")
    assert "2 questions: 1 at once, 1 with help, 0 to practise." in text
    assert "*Practise: thank*" in text
    assert "smile" not in text


def test_nobodys_words_become_markup() -> None:
    assert r"> for \*four\* \<b\>" in as_markdown("T", "A", DAY, EXCHANGES)
    page = as_html("<script>", "A & B", DAY, EXCHANGES)
    assert "<b>" not in page
    assert "<script>" not in page
    assert "A &amp; B" in page
