"""Markdown that people write, as HTML that does no harm.

CommonMark with tables; HTML in the text is shown as text. What comes out is cleaned once more
against a list of elements and attributes, so that a fault of the parser alone opens nothing.
"""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

MOST_CHARACTERS = 100_000
_ELEMENTS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(
    ["table", "strikethrough"]
)
_PARSER.disable("image")


def render_markdown(text: str) -> SafeString:
    """Return the HTML of ``text``; headings start at the second level, below the page's own."""
    tokens = _PARSER.parse(text[:MOST_CHARACTERS])
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        html,
        tags=_ELEMENTS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - cleaned just now
