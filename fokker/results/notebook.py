from fokker.notebook import html, record_html, thumbnail  # noqa: F401
