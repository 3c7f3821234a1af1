"""Theorems about nothing, one for every way a theorem can end."""

GROUPS = ("Sound", "Unsound")
