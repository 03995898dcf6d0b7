"""Documents: a file on any record. Kept by content outside the web root, served as an attachment by the record's rights."""

import hashlib
import os
import shutil
from pathlib import Path
from typing import BinaryIO

import puremagic
from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Record, RecordBase, Titled, has_a_title
from .dates import EdtfField, edtf_days
from .folding import searched_by
from .problem_codes import coded

LARGEST = 50 * 1024 * 1024  # bytes
ALLOWED = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".hwp": "application/x-hwp",
    ".hwpx": "application/hwp+zip",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".txt": "text/plain",
    ".csv": "text/csv",
}
CONTAINERS = {  # what the first bytes say of the files that are containers
    ".docx": (".docx", ".zip"), ".xlsx": (".xlsx", ".zip"), ".pptx": (".pptx", ".zip"), ".hwpx": (".hwpx", ".zip"),
    ".odt": (".odt", ".zip"), ".ods": (".ods", ".zip"), ".hwp": (".hwp", ".doc", ".xls", ".ppt", ".msi", ".ole"),
    ".jpg": (".jpg", ".jpeg", ".jfif"),
}  # fmt: skip


class Document(Titled, RecordBase):
    """문서. A file on a record: an agreement's text, minutes, a plan, evidence."""

    class Kind(models.TextChoices):
        AGREEMENT = "agreement", gettext_lazy("agreement text")
        MINUTES = "minutes", gettext_lazy("minutes")
        PLAN = "plan", gettext_lazy("plan")
        REPORT = "report", gettext_lazy("report")
        EVIDENCE = "evidence", gettext_lazy("evidence")
        OTHER = "other", gettext_lazy("other")

    record = models.ForeignKey(Record, models.PROTECT, related_name="documents", verbose_name=gettext_lazy("of"))
    kind = models.CharField(gettext_lazy("kind"), max_length=16, choices=Kind)
    dated_on = EdtfField(gettext_lazy("date of the document"))
    dated_on_first, dated_on_last = edtf_days("dated_on")
    file_name = models.CharField(gettext_lazy("file"), max_length=255)
    content_type = models.CharField(gettext_lazy("type of the file"), max_length=100)
    size = models.PositiveBigIntegerField(gettext_lazy("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)

    class Meta:
        verbose_name = gettext_lazy("document")
        verbose_name_plural = gettext_lazy("documents")
        indexes = [searched_by("document", "title_ko", "title_en", "file_name")]
        constraints = [
            has_a_title("document"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex="^[0-9a-f]{64}$"),
                name="document_sha256_form",
                violation_error_message=gettext_lazy("The SHA-256 of a file is 64 hexadecimal digits."),
            ),
            models.CheckConstraint(
                condition=models.Q(content_type__in=sorted(ALLOWED.values())),
                name="document_allowed_type",
                violation_error_message=gettext_lazy("Files of this type are not taken."),
            ),
        ]


class BadFile(ValueError):
    """Carries the sentence for whoever sent the file."""

    def __init__(self, sentence: str):
        super().__init__(coded("bad_file", sentence))


def keep(file: BinaryIO, name: str) -> dict:
    """Check a file and keep it by its content. Returns the fields of a Document that speak of it. Raises BadFile."""
    ending = Path(name).suffix.lower().replace(".jpeg", ".jpg")
    if ending not in ALLOWED:
        raise BadFile(_("“%(name)s” is not taken. Allowed are: %(all)s.") % {"name": name, "all": ", ".join(ALLOWED)})
    folder = Path(settings.DOCUMENTS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    arriving = folder / f"arriving-{os.getpid()}-{os.urandom(6).hex()}"
    try:
        digest, size = _copy(file, arriving, name)
        if size == 0:
            raise BadFile(_("“%s” is empty.") % name)
        if not _is_what_it_says(arriving, ending):
            raise BadFile(_("“%(name)s” is not a %(ending)s file by its content.") % {"name": name, "ending": ending})
        kept = place(digest)
        kept.parent.mkdir(exist_ok=True)
        arriving.replace(kept)
    finally:
        arriving.unlink(missing_ok=True)
    return {"file_name": Path(name).name, "content_type": ALLOWED[ending], "size": size, "sha256": digest}


def _copy(file: BinaryIO, to: Path, name: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with to.open("wb") as out:
        while chunk := file.read(1 << 20):
            size += len(chunk)
            if size > LARGEST:
                raise BadFile(too_large(name))
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size


def too_large(name: str) -> str:
    return _("“%(name)s” is larger than %(most)d MB.") % {"name": name, "most": LARGEST >> 20}


def _is_what_it_says(path: Path, ending: str) -> bool:
    if ending in (".txt", ".csv"):
        return b"\x00" not in path.read_bytes()
    try:
        found = {match.extension for match in puremagic.magic_file(path)}
    except (puremagic.PureError, ValueError):
        found = set()
    return bool(found & set(CONTAINERS.get(ending, (ending,))))


def place(digest: str) -> Path:
    """Where the file with this SHA-256 is kept."""
    return Path(settings.DOCUMENTS_DIR) / digest[:2] / digest


# ---- in packages ---------------------------------------------------------------------------------------


def write_files(folder: Path) -> None:
    """Put the file of every document into a package, named by its SHA-256."""
    for digest in sorted(set(Document.objects.values_list("sha256", flat=True))):
        (folder / "documents").mkdir(exist_ok=True)
        shutil.copyfile(place(digest), folder / "documents" / digest)


def missing_files(folder: Path, digests: set[str]) -> set[str]:
    """Which of these files are neither kept already nor in the package with the content that they claim."""
    return {d for d in digests if not place(d).exists() and _digest_of(folder / "documents" / d) != d}


def take_files(folder: Path, digests: set[str]) -> None:
    """Keep the package's files. They are named by content, so that a load that fails later does no harm."""
    for digest in digests:
        kept = place(digest)
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / "documents" / digest, kept)


def _digest_of(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
