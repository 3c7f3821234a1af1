"""Check that no link inside the built site is dead: python docs/check_links.py build/docs/html

Every href and src that stays inside the site must lead to a file, and every #part to an id on its page. Whatever a
page would load from elsewhere - style sheets, scripts, pictures, fonts - is an error too: the site works offline.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}
LOADED_LINKS = {"stylesheet", "preload", "icon", "shortcut", "preconnect", "modulepreload"}


class Page(HTMLParser):
    """The ids, the links and the loaded files of one page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attributes if value}
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag in LOADED and LOADED[tag] in values:
            metadata = tag == "link" and not LOADED_LINKS & set(values.get("rel", "").split())
            if not metadata:
                self.loaded.append(values[LOADED[tag]])


page = cache(Page)


def faults(site: Path) -> list[str]:
    """Return one line for each dead link or foreign file."""
    found = []
    for path in sorted(site.rglob("*.html")):
        here = path.relative_to(site)
        if here.parts[0] == "_static":  # templates of the theme
            continue
        found += [f"{here}: loads {url}" for url in page(path).loaded if urlsplit(url).netloc]
        for url in {*page(path).links, *page(path).loaded}:
            if (reason := dead(path, url)) is not None:
                found.append(f"{here}: {url}: {reason}")
    for path in sorted(site.rglob("*.css")):
        foreign = re.findall(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^)'\"\s]+)", path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(site)}: loads {url}" for url in foreign]
    return found


def dead(path: Path, url: str) -> str | None:
    """Return why a link inside the site leads nowhere, or None."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return None
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "no such file"
    if parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in page(target).ids:
        return "no such part of the page"
    return None


if __name__ == "__main__":
    lines = faults(Path(sys.argv[1]).resolve())
    print("\n".join(lines) or "no dead link, nothing loaded from elsewhere")
    sys.exit(bool(lines))
