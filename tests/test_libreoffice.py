"""A real LibreOffice opens the files of a list and saves them; they come back in, and nothing has changed."""

import shutil
import subprocess

import pytest
from django.utils import translation

from records.columns import Form
from records.commands import Author
from records.export_jobs import write_workbook
from records.exports import Export
from records.jobs import Run
from records.kinds import kinds
from records.rights import EVERYTHING
from tests import cast
from tests.sheets import said, sent
from tests.test_exports import content, got

NO_OFFICE = "No LibreOffice: install it (Debian: apt-get install libreoffice-calc)"
pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not shutil.which("soffice"), reason=NO_OFFICE)]
KINDS = ("projects", "researchers", "funding-amounts", "events", "institutions", "labs", "citations", "outputs")
ALL_TEXT = "CSV:44,34,76,1," + "/".join(f"{n}/2" for n in range(1, 60))  # each column is text


@pytest.fixture(scope="module")
def officer(sample):
    return cast.user("officer")


def saved_again(files: list, folder, *, infilter: str = "") -> dict:
    """These files, opened and saved as workbooks: by name."""
    folder.mkdir()
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]  # fmt: skip
    command += ["--outdir", folder, *([f"--infilter={infilter}"] if infilter else []), *files]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return {file.stem: file.read_bytes() for file in folder.glob("*.xlsx")}


def all_the_same(files: dict, officer, rows: dict) -> None:
    for plural, data in files.items():
        kind = next(kind for kind in kinds().values() if kind.plural == plural)
        sheet = sent(kind.name, data, officer, f"{plural}.xlsx")
        assert sheet.counts == {"same": rows[plural]}, (plural, said(sheet)[:5])


@pytest.mark.parametrize("language", ["ko", "en"])
def test_csv_files_come_back_as_they_went(sample, officer, client, tmp_path, language):
    files, rows = [], {}
    for plural in KINDS:
        data = content(got(client, f"/{language}/{plural}/export/", officer))
        files.append(tmp_path / f"{plural}.csv")
        files[-1].write_bytes(data)
        rows[plural] = kind_of(plural).model.objects.filter(is_retired=False).count()
    again = saved_again(files, tmp_path / "saved", infilter=ALL_TEXT)
    assert set(again) == set(KINDS)
    all_the_same(again, officer, rows)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_workbooks_come_back_as_they_went(sample, officer, tmp_path, language):
    files, rows = [], {}
    with translation.override(language):
        for plural in KINDS:
            export = Export(cast.ask(kind_of(plural).name, "", officer), Form(language))
            files.append(tmp_path / f"{plural}.xlsx")
            rows[plural] = write_workbook(export, files[-1], Run(Author(EVERYTHING, "x")))
    again = saved_again(files, tmp_path / "saved")
    assert set(again) == set(KINDS) and all(rows.values())
    all_the_same(again, officer, rows)


def kind_of(plural: str):
    return next(kind for kind in kinds().values() if kind.plural == plural)
