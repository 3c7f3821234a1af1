"""Turns the texts of theorems into HTML: paragraphs, ``code``, and formulas as MathML, all offline."""

import html
import re
from xml.etree import ElementTree

from fokker.errors import FokkerError, missing_extra

# What the converter sets otherwise than TeX does, and how to mend it.
_MENDINGS = (
    (r' xmlns="http://www\.w3\.org/1998/Math/MathML"', ""),  # HTML knows the element
    (r"<mi>&#x0007E;</mi>", "<mo>&#x0223C;</mo>"),  # \sim is a relation, not a letter
    (r"<mi>(&#x000[4-7][0-9A-F];)</mi>", r'<mi mathvariant="normal">\1</mi>'),  # \mathrm of one letter
    (r"<mi>(&#x003(?:9[1-9A-F]|A[0-9]);)</mi>", r'<mi mathvariant="normal">\1</mi>'),  # upright capital Greek
    (r'<mo stretchy="false">&#x0007C;</mo>', '<mo stretchy="false" lspace="0" rspace="0">|</mo>'),
    (r"<mo>(?:/|&#x0002F;)</mo>", '<mo lspace="0" rspace="0">/</mo>'),
    (r"(<mo[^>]*>(?:\(|\[|&#x00028;|&#x0005B;|&#x0003D;|&#x0002C;|=|,)</mo>)<mo>(&#x02212;|\+)</mo>",
     r'\1<mo form="prefix">\2</mo>'),  # a sign, not a difference
)  # fmt: skip

_PARTS = re.compile(r"(\$\$.+?\$\$|\$[^$]+\$|`[^`]+`)", re.DOTALL)


def require_latex2mathml() -> None:
    """Raise the teaching error unless formulas can be rendered."""
    try:
        import latex2mathml.converter  # noqa: F401
    except ImportError:
        raise missing_extra("latex2mathml", "validate", "the report, which renders formulas,") from None


def paragraphs(text: str) -> str:
    """Paragraphs of HTML, split at empty lines."""
    return "".join(f"<p>{inline(part)}</p>" for part in re.split(r"\n\s*\n", text.strip()))


def inline(text: str) -> str:
    """HTML of one run of text with its formulas."""
    return "".join(_part(part) for part in _PARTS.split(text))


def formulas(text: str) -> list[str]:
    """The LaTeX of every formula in a text."""
    return [part.strip("$") for part in _PARTS.findall(text) if part.startswith("$")]


def mathml(latex: str, display: bool = False) -> str:
    """MathML of a formula; an error where the converter would leave a command unread."""
    from latex2mathml.converter import convert

    try:
        markup: str = convert(latex, display="block" if display else "inline")
    except Exception as problem:  # its exceptions have no common base
        raise FokkerError(f"the formula ${latex}$ cannot be read: {type(problem).__name__}.") from None
    _require_sound(latex, markup)
    return _mended(markup)


def _mended(markup: str) -> str:
    for pattern, replacement in _MENDINGS:
        markup = re.sub(pattern, replacement, markup)
    return markup


def _part(part: str) -> str:
    if part.startswith("`") and len(part) > 2:
        return f"<code>{html.escape(part[1:-1])}</code>"
    if not (part.startswith("$") and len(part) > 2):
        return html.escape(part)
    display = part.startswith("$$")
    latex = part.strip("$").strip()
    try:
        markup = mathml(latex, display)
    except FokkerError:  # a long run must not end without its report; a test watches the formulas
        return f"<code>{html.escape(latex)}</code>"
    return f'<span class="display">{markup}</span>' if display else markup


def _require_sound(latex: str, markup: str) -> None:
    try:
        ElementTree.fromstring(markup)
    except ElementTree.ParseError:
        raise FokkerError(f"the formula ${latex}$ does not give well-formed MathML.") from None
    unread = re.search(r">\s*(\\[A-Za-z]+)", markup)
    if unread:
        raise FokkerError(f"the formula ${latex}$ holds {unread[1]}, which MathML has no sign for here.")
