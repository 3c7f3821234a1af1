for (const place of document.querySelectorAll(".math.notranslate")) {
  katex.render(place.textContent, place, { displayMode: place.tagName === "DIV", throwOnError: false });
}
