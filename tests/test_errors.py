"""Errors, the one warning, and the info record."""

import copy
import pickle

import pytest

from fokker import errors
from fokker.errors import FokkerError, FokkerWarning, explain, missing_extra
from fokker.info import Info, warn_once


def test_every_error_is_a_value_error_of_the_library():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    raised = [kind for kind in kinds if not issubclass(kind, Warning)]
    assert len(raised) == 13
    assert all(issubclass(kind, FokkerError) and issubclass(kind, ValueError) for kind in raised)


def test_explain_aligns_several_lines_and_drops_empty_ones():
    text = explain("wrong.", given="1", choose=["a", "b"], try_="")
    assert text.split("\n") == ["wrong.", "  given     1", "  choose    a", "            b"]


def test_missing_extra_is_an_import_error_that_names_the_extra():
    error = missing_extra("mpmath", "validate", "the report")
    assert isinstance(error, ImportError)
    assert 'pip install "fokker[validate]"' in str(error)


def test_info_shows_aligned_lines_and_its_values_as_attributes():
    info = Info("elimination", {"residual": 1.23456789e-16, "cells": 12}, ("A", "B"), ("two\nlines",))
    assert str(info).split("\n") == [
        "method      elimination",
        "residual    1.23457e-16",
        "cells       12",
        "references  A",
        "            B",
        "warning     two lines",
    ]
    assert info.cells == 12
    assert "residual" in dir(info)
    with pytest.raises(AttributeError, match=r"no 'cell'; it holds .*residual, cells"):
        _ = info.cell


def test_info_survives_pickle_and_copy():
    info = Info("m", {"a": 1.0})
    assert pickle.loads(pickle.dumps(info)) == copy.deepcopy(info) == info


def test_warnings_of_a_call_come_as_one():
    warn_once(())
    with pytest.warns(FokkerWarning) as record:
        warn_once(("one", "two"))
    assert [str(warning.message) for warning in record] == ["one\ntwo"]
