"""BibTeX from declarations."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from activations import activation, bibtex, default_registry, formula_activation
from activations.bibliography import TITLES
from activations.citation import escape
from activations.declare import Activation
from activations.errors import DeclarationError
from activations_cli.main import cli


def declared(paper: str) -> Activation:
    @activation(formula="x", paper=paper)
    def sample(x):
        """A line."""
        return x

    return sample


def fields(paper: str) -> dict[str, str]:
    return dict(re.findall(r"^  (\w+) *= \{(.*)\},$", bibtex([declared(paper)]), re.MULTILINE))


def test_arxiv() -> None:
    assert bibtex([default_registry()["mish"]]) == (
        "% mish\n"
        "@misc{misra2019-1908.08681,\n"
        "  author        = {Misra},\n"
        "  title         = {{Mish}: A Self Regularized Non-Monotonic Activation Function},\n"
        "  year          = {2019},\n"
        "  eprint        = {1908.08681},\n"
        "  archivePrefix = {arXiv},\n"
        "  url           = {https://arxiv.org/abs/1908.08681},\n"
        "}\n"
    )
    assert fields("Old 1999, arXiv:hep-th/9901001")["eprint"] == "hep-th/9901001"
    assert "eprint" not in fields("Nobody 2020, arXiv:soon")


def test_doi_web_address_and_venue() -> None:
    assert fields("Donoho 1995, doi:10.1109/18.382009.") == {
        "author": "Donoho",
        "title": "De-noising by soft-thresholding",
        "year": "1995",
        "doi": "10.1109/18.382009",
    }
    assert fields("A, B 2011, doi:10.1007/3-540-49430-8_2")["doi"] == "10.1007/3-540-49430-8_2"
    assert fields("Redmon 2013, github.com/pjreddie/darknet")["url"] == "https://github.com/pjreddie/darknet"
    assert fields("Hu 2018, ICNC & FSKD_2018")["howpublished"] == r"ICNC \& FSKD\_2018"
    assert fields("a note without authors") == {"note": "a note without authors"}
    assert fields("Doe 2020") == {"author": "Doe", "year": "2020"}


def test_authors() -> None:
    assert fields("So, Mańke, De Neve et al. 2021, X")["author"] == r"So and Ma{\'n}ke and {De Neve} and others"
    assert fields("Rahman et al. 2023, X")["author"] == "Rahman and others"
    assert fields("PyTorch contributors 2016, X")["author"] == "{PyTorch contributors}"


def test_escapes() -> None:
    assert escape("50% & $x_1^2$ {a} \\b ~ #") == (
        r"50\% \& \$x\_1{\textasciicircum}2\$ {\textbraceleft}a{\textbraceright} {\textbackslash}b "
        r"{\textasciitilde} \#"
    )
    assert escape("Kiseľák, Švihra, Müller, ø, Mureșan") == (
        r"Kise{\v{l}}{\'a}k, {\v{S}}vihra, M{\"u}ller, {\o}, Mure{\textcommabelow{s}}an"
    )
    assert escape("a\n\x1b[31m\u202eb") == "a [31m b"
    assert escape("日本") == "日本"


@pytest.mark.torture(58)
@pytest.mark.parametrize(
    "paper",
    [
        "Evil}, note = {x 2020, \\input{/etc/passwd}",
        "}}} @misc{evil, title={x}} 2020, }",
        "\\write18{rm} 2020, doi:10.1000/x}{\\input{y}",
        "A 2020, github.com/a}\\input{b",
        "A 2020, arXiv:1234.56789}{\n@misc{b,",
    ],
)
def test_hostile_sources_stay_within_their_fields(paper: str) -> None:
    text = bibtex([declared(paper)])
    comment, head, *lines, end = text.splitlines()
    assert comment == "% sample"
    assert re.fullmatch(r"@misc\{[a-z0-9./-]+,", head)
    assert end == "}"
    for line in lines:
        value = re.fullmatch(r"  \w+ *= \{(.*)\},", line)[1]
        depth = 0
        for brace in re.findall(r"[{}]", value):
            depth += 1 if brace == "{" else -1
            assert depth >= 0
        assert depth == 0
        assert not re.search(r"\\(input|write)", value)


def test_keys_are_unique_and_depend_on_the_source_alone() -> None:
    registry = default_registry()
    text = bibtex(registry.values())
    keys = re.findall(r"^@misc\{(.+),$", text, re.MULTILINE)
    assert len(keys) == len(set(keys)) > 100
    for name in ("mish", "relu", "gelu"):
        assert bibtex([registry[name]]).splitlines()[1] in text
    assert all(line.isascii() for line in text.splitlines())
    assert not re.search(r"= \{\}", text)


def entries(text: str) -> dict[str, dict[str, str]]:
    """The fields of each entry by its key, read as BibTeX reads them: by counting braces."""
    found: dict[str, dict[str, str]] = {}
    for head in re.finditer(r"^@misc\{([^,{}\s]+),", text, re.MULTILINE):
        position, own = head.end(), found.setdefault(head[1], {})
        while text[position:].lstrip()[0] != "}":
            field = re.compile(r"\s*(\w+)\s*=\s*\{").match(text, position)
            assert field is not None, text[position : position + 80]
            end, depth = field.end(), 1
            while depth:
                depth += {"{": 1, "}": -1}.get(text[end], 0) if text[end - 1] != "\\" else 0
                end += 1
            assert field[1] not in own
            own[field[1]] = text[field.end() : end - 1]
            assert text[end] == ","
            position = end + 1
    return found


def test_titles_keep_their_names() -> None:
    assert fields("So 2019, arXiv:1905.02244v3")["title"] == "Searching for {MobileNetV3}"
    assert fields("A 2020, arXiv: 1907.06732")["title"].startswith(r"{Pad{\'e}} Activation Units: End-to-end Learning")
    assert fields("A, B 2020, arXiv:2009.13501")["title"] == (
        "{EIS} -- a family of activation functions combining {Exponential}, {ISRU}, and {Softplus}"
    )
    assert "title" not in fields("A 2020, arXiv:2009.13502")
    assert "title" not in fields("Nair, Hinton 2011, ICML 2010")


def test_a_title_is_not_repeated() -> None:
    assert fields("Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10, University of Toronto") == {
        "author": "Krizhevsky",
        "title": "Convolutional Deep Belief Networks on {CIFAR-10}",
        "year": "2010",
        "howpublished": "University of Toronto",
    }


def test_every_title_is_used_and_most_sources_have_one() -> None:
    registry = default_registry()
    papers = {item.paper for item in registry.values()}
    numbers = "\n".join(papers)
    unused = [key for key in TITLES if key not in papers and not re.search(rf"(arXiv|doi):{re.escape(key)}\b", numbers)]
    assert unused == []
    read = entries(bibtex(registry.values()))
    assert len(read) == len(papers)
    with_title = {key for key, own in read.items() if "title" in own}
    assert len(with_title) == len(TITLES)
    # What has none are manuals and repositories of software.
    assert {read[key].get("author", "") for key in read.keys() - with_title} <= {
        "Apple",
        "Chollet and others",
        "Misra",
        "Rodrigues",
        "{Deeplearning4j contributors}",
        "{FluxML contributors}",
        "{PyTorch contributors}",
        "{mlpack developers}",
        "{transformers contributors}",
    }
    assert len(with_title) / len(read) > 0.9


@pytest.mark.parametrize("title", TITLES.values(), ids=list(TITLES))
def test_titles_are_written_as_the_table_asks(title: str) -> None:
    assert title == " ".join(title.split())
    assert not re.search(r"[{}]", re.sub(r"\{[^{}]+\}", "", title)), "braces stand around a name only"
    assert not title.endswith(".")
    assert not re.search(r"[\\$&%#_~^]| -+ ", title), "plain text, with a dash for a dash"


def test_a_source_of_several_is_printed_once() -> None:
    registry = default_registry()
    text = bibtex([registry["swiglu"], registry["geglu"], registry["swiglu"]])
    assert text.startswith("% swiglu, geglu\n@misc{shazeer2020-2002.05202,\n")
    assert text.count("@misc") == 1


def test_a_formula_has_no_source() -> None:
    with pytest.raises(DeclarationError, match="typed formula"):
        bibtex([formula_activation("x + sin(x)")])


def test_the_command() -> None:
    found = CliRunner().invoke(cli, ["cite", "mish", "sigmoid:beta=2"])
    assert found.exit_code == 0
    assert found.stdout.startswith("% mish\n@misc{misra2019-1908.08681,\n")
    assert found.stdout.count("@misc") == 2
    for wrong in (["cite"], ["cite", "mihs"], ["cite", "x + 1"]):
        found = CliRunner().invoke(cli, wrong)
        assert found.exit_code == 2
        assert found.stdout == ""
    assert "did you mean mish" in CliRunner().invoke(cli, ["cite", "mihs"]).stderr


def test_the_command_needs_no_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; from activations_cli.main import cli; cli.main(['cite', '*elu'])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert "@misc" in found.stdout
