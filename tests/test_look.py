"""The colours of the style sheet can be read in both schemes, and the files that the pages need are there."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[1] / "static"
CSS = (STATIC / "css" / "registry.css").read_text()
TEXT = [
    (ink, ground)
    for ink in ("ink", "soft", "accent", "ok", "warn", "bad", "note")
    for ground in ("paper", "wash")
] + [("accent", "accent-wash"), ("ink", "accent-wash"), ("paper", "accent"), ("past-ink", "past"), ("past-link", "past")]  # fmt: skip
SHAPES = [("real", "paper"), ("bad", "paper"), ("edge", "paper"), ("edge", "wash"), ("accent", "paper")]


def tokens(scheme: str) -> dict[str, str]:
    """The colours of a scheme: the light ones, and over them the dark ones."""
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", light))
    return found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", dark)) if scheme == "dark" else found


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    a, b = sorted((luminance(one), luminance(other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(d * 2 for d in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(scheme, ink, ground):
    colours = tokens(scheme)
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_can_be_seen(scheme, shape, ground):
    colours = tokens(scheme)
    assert contrast(colours[shape], colours[ground]) >= 3


def test_every_colour_is_a_token():
    rules = re.sub(r"(:root \{.*?\}|/\*.*?\*/)", "", CSS, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-f]{3,8}\b|rgba?\(", rules) in ([], ["#000"])  # print alone draws in plain black


def test_the_font_stands_here_with_its_licence():
    folder = STATIC / "fonts" / "pretendard"
    named = set(re.findall(r"url\(([^)]+)\)", (folder / "pretendard.css").read_text()))
    assert named == {file.name for file in folder.glob("*.woff2")}
    assert "SIL OPEN FONT LICENSE" in (folder / "LICENSE.txt").read_text()


def test_nothing_is_asked_from_elsewhere():
    templates = STATIC.parent / "templates"
    texts = [file.read_text() for file in templates.rglob("*.*")] + [CSS, (STATIC / "js" / "registry.js").read_text()]
    assert not [
        found for text in texts for found in re.findall(r"(?:src|href)=[\"']https?://|url\([\"']?https?:", text)
    ]
