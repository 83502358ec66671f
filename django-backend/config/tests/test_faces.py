"""Rules of layout that import-linter cannot check: what the faces of apps offer, and where row locks are taken."""

import ast
from importlib import import_module
from pathlib import Path

APPS = Path(__file__).parents[2] / "apps"
# Made for refunds, which come next.


def test_a_face_offers_what_others_use_and_nothing_else() -> None:
    """The owner uses its own modules; tests may reach into any."""
    used = {
        (node.module, alias.name)
        for path in APPS.rglob("*.py")
        if not {"tests", "testing"} & set(path.parts)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".api")
        for alias in node.names
        if node.module.split(".")[1] != path.relative_to(APPS).parts[0]
    }
    faces = [f"apps.{path.parent.name}.api" for path in APPS.glob("*/api.py")]
    assert len(faces) >= 4
    assert {(face, name) for face in faces for name in import_module(face).__all__} == used


def test_row_locks_are_taken_in_modules_for_locks_only() -> None:
    """Each names its race there."""
    takers = {path for path in APPS.rglob("*.py") if "select_for_update" in path.read_text()}
    takers = {path for path in takers if not {"tests", "testing"} & set(path.parts)}
    assert {path.name for path in takers} == {"locks.py"}
