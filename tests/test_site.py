"""The guide as a site: it is built with every link checked, asks nobody for anything, and leaves nothing public out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import nnexpr

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-f", "docs/site/mkdocs.yml", "-d", folder],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_it_loads_nothing_from_elsewhere(site: Path) -> None:
    loading = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=\"?((?:https?:)?//[^\"> ]+)")
    for page in site.rglob("*.html"):
        assert not loading.findall(page.read_text(encoding="utf-8")), page
    for sheet in site.rglob("*.css"):
        assert not re.search(
            r"(?:@import|url\()\s*[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")
        ), sheet


def test_every_public_name_has_its_docstring(site: Path) -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (site / "python").glob("*.html"))
    for name in set(nnexpr.__all__) - {"__version__", "plot"}:
        assert f">nnexpr.{name}<" in pages.replace("\n", "").replace(" ", ""), name
    assert ":class:" not in pages


def test_every_decision_and_page_of_the_guide_is_in_it(site: Path) -> None:
    for folder in ("guide", "decisions"):
        for page in (ROOT / "docs" / folder).glob("*.md"):
            assert (site / folder / page.with_suffix(".html").name).exists(), page


def test_the_pictures_that_are_shown_were_taken_when_they_were_done() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    from pictures import PICTURES

    pages = (*(ROOT / "docs" / "guide").glob("*.md"), ROOT / "README.md")
    shown = "".join(page.read_text(encoding="utf-8") for page in pages)
    for picture in PICTURES:
        file = ROOT / "docs" / "images" / f"{picture.name}.svg"
        drawn = file.read_text(encoding="utf-8")
        assert f"images/{file.name})" in shown
        assert "http" not in drawn.replace('xmlns="http://www.w3.org/2000/svg"', ""), (
            "it asks nobody for a font"
        )
        assert "loading" not in drawn


def test_the_version_is_one(site: Path) -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == nnexpr.__version__
